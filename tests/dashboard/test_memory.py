import gc
import weakref

from dashboard import memory


class Ring:
    def __init__(self):
        self.me = self


def test_libraries_are_left_alone_and_what_is_made_later_is_still_collected():
    memory.set_libraries_aside.clear()
    before = gc.get_freeze_count()
    try:
        memory.set_libraries_aside()
        aside = gc.get_freeze_count()
        assert aside > before
        later = weakref.ref(Ring())
        gc.collect()
        assert later() is None
        memory.set_libraries_aside()
        assert gc.get_freeze_count() <= aside, "once a server"
    finally:
        gc.unfreeze()
