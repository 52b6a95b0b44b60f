from __future__ import annotations


class MissingContextError(RuntimeError):
    """A tracked row was written outside any request, command or task.

    The write is refused: nobody could say later who did it.
    """

    def __init__(self, subject: str) -> None:
        super().__init__(
            f"{subject} was written with no audit context; "
            "wrap the write in audit.context.use(source=...)."
        )


class UntrackedWriteError(RuntimeError):
    """A bulk write on a tracked table would leave no entry on the trail."""

    def __init__(self, model: str, method: str) -> None:
        super().__init__(
            f"{model}.objects.{method}() bypasses the trail; save the rows one by one."
        )
