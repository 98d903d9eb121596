import shutil
from pathlib import Path

import pytest

from tests.learning.made_datasets import write_camus, write_echonet

LAYOUTS = ("nifti", "mhd")


@pytest.fixture(scope="session")
def made_datasets(tmp_path_factory) -> dict[str, Path]:
    """Rendered data sets in the formats of the releases, three patients each; not to be written to."""
    root = tmp_path_factory.mktemp("datasets")
    made = {layout: write_camus(root / layout, 3, layout=layout) for layout in LAYOUTS}
    return {"echonet": write_echonet(root / "echonet", 3), **made}


@pytest.fixture
def dataset_copy(made_datasets, tmp_path):
    """Gives a copy of a rendered data set that a test may damage."""
    return lambda name: shutil.copytree(made_datasets[name], tmp_path / name)
