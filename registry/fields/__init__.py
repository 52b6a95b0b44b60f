"""Column types that carry a rule of their own: secrets, bounds, money, clean text."""

from __future__ import annotations

from registry.fields.numbers import BoundedFloatField, BoundedIntegerField, Bounds, UsdField
from registry.fields.secret import (
    Binding,
    FingerprintField,
    SealedSecret,
    SecretField,
    UnsearchableMixin,
    cipher,
    seal,
)
from registry.fields.texts import (
    DEEPEST,
    LONGEST_PROSE,
    ExactField,
    FeaturesField,
    LabelField,
    ProseField,
    refuse_control_characters,
)

__all__ = [
    "DEEPEST",
    "LONGEST_PROSE",
    "Binding",
    "BoundedFloatField",
    "BoundedIntegerField",
    "Bounds",
    "ExactField",
    "FeaturesField",
    "FingerprintField",
    "LabelField",
    "ProseField",
    "SealedSecret",
    "SecretField",
    "UnsearchableMixin",
    "UsdField",
    "cipher",
    "refuse_control_characters",
    "seal",
]
