from pathlib import Path

import numba

import twin_core.circuit
from twin_core.circuit import compile_cache


def test_compiled_code_is_kept_in_a_folder_of_this_state_of_the_sources(monkeypatch, tmp_path):
    assert numba.config.CACHE_DIR.rpartition("compiled-")[2] == compile_cache.use().name.removeprefix("compiled-")
    copy = tmp_path / "circuit"
    copy.mkdir()
    for source in Path(twin_core.circuit.__file__).parent.glob("*.py"):
        (copy / source.name).write_bytes(source.read_bytes())
    before = numba.config.CACHE_DIR
    monkeypatch.setattr(compile_cache, "_HERE", copy)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    same = compile_cache.use()
    assert same.parent == copy / "__pycache__"
    (copy / "equations.py").write_text("# changed\n")
    changed = compile_cache.use()
    numba.config.CACHE_DIR = before
    assert same.name == Path(before).name
    assert changed != same


def test_a_folder_given_in_the_environment_is_used(monkeypatch, tmp_path):
    before = numba.config.CACHE_DIR
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = compile_cache.use()
    numba.config.CACHE_DIR = before
    assert folder.parent == tmp_path
