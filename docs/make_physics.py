"""Write the generated parts of physics.md and the circuit drawings, or check that they are up to date.

python docs/make_physics.py            rewrite
python docs/make_physics.py --check    exit status 1 if a committed file differs
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]  # run from a checkout, nothing installed: hence the late imports

from draw_circuits import closed_loop, five_state  # noqa: E402
from physics_tables import COMPUTED, sections  # noqa: E402

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def marked(name: str) -> re.Pattern[str]:
    """A generated section with the comments that mark its start and end."""
    return re.compile(rf"(?<=<!-- generated: {name} -->\n).*?(?=<!-- end -->)", re.S)


def same_but_for_rounding(old: str, new: str) -> bool:
    """Whether two texts differ at most by one in the last digit of their numbers."""
    before, after = _NUMBER.findall(old), _NUMBER.findall(new)
    if _NUMBER.split(old) != _NUMBER.split(new):
        return False
    steps = (10.0 ** -len(number.partition(".")[2]) for number in after)
    return all(abs(float(a) - float(b)) < 1.5 * step for a, b, step in zip(before, after, steps, strict=True))


def generate(page: str) -> tuple[str, list[str]]:
    """The page with its generated sections written anew, and the names of those that changed.

    Raises:
        ValueError: If the page lacks a section, or has one that nothing generates.
    """
    written = sections()
    found = re.findall(r"<!-- generated: (\S+) -->", page)
    if sorted(found) != sorted(written):
        odd = ", ".join(sorted(set(found) ^ set(written))) or "one twice"
        raise ValueError(f"physics.md and physics_tables.py do not have the same sections: {odd}; add or remove it.")
    changed = []
    for name, body in written.items():
        place = marked(name)
        match = place.search(page)
        if match is None:
            raise ValueError(f"section {name} of physics.md has no <!-- end -->; add it after the section.")
        old, new = match.group(), f"\n{body}\n\n"
        if old == new or (name in COMPUTED and same_but_for_rounding(old, new)):
            continue
        changed.append(name)
        page = page[: match.start()] + new + page[match.end() :]
    return page, changed


def main() -> int:
    """Write or check, and say what was out of date."""
    parser = argparse.ArgumentParser(description="Write the generated parts of physics.md and the circuit drawings.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a file is out of date")
    check = parser.parse_args().check
    path = HERE / "physics.md"
    page, changed = generate(path.read_text(encoding="utf-8"))
    files = {path: page, HERE / "circuit.svg": five_state(), HERE / "closed_loop.svg": closed_loop()}
    stale = [file for file, text in files.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        which = f" (sections {', '.join(changed)})" if file == path else ""
        print(f"{file.name}{which} {'is out of date; run python docs/make_physics.py' if check else 'written'}")
        if not check:
            file.write_text(files[file], encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
