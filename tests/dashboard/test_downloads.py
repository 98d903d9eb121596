import pytest

from dashboard.downloads import file_stem


@pytest.mark.parametrize(
    ("pseudonym", "stem"),
    [
        ("Patient 8ED77A", "lvad-twin-patient-8ed77a"),
        ("../../etc/passwd", "lvad-twin-etc-passwd"),
        ("Ünï \n/\\:*?", "lvad-twin-n"),
        ("§§", "lvad-twin-patient"),
    ],
)
def test_a_file_name_is_plain_on_every_system(pseudonym, stem):
    assert file_stem(pseudonym) == stem
