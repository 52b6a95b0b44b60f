from __future__ import annotations
import cProfile, pstats, pytest, time
from tests.registry.api.access import *
@pytest.mark.django_db
def test_one():
    routes, actors = make_world(), make_actors()
    pr = cProfile.Profile(); pr.enable()
    t=time.process_time()
    observe(routes[::4], actors)
    print("cpu", time.process_time()-t, len(routes))
    pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(60)
