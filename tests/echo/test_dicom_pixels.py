import cv2
import numpy as np
import pytest
from pydicom.uid import RLELossless

from tests.echo.made_clips import dicom, fan_frames, jpeg, lossless_jpeg, to_bytes, with_overlays
from twin_core.echo.dicom import decode_dicom
from twin_core.echo.limits import ClipError

BASELINE, LOSSLESS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70"
GREY = fan_frames()
COLOUR = with_overlays(GREY)
LUMA = np.array([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in COLOUR])


def ybr(pixels):
    """RGB to full-range YBR (ITU-R BT.601), as DICOM's YBR_FULL."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    return np.clip(np.rint(pixels @ matrix.T + [0, 128, 128]), 0, 255).astype(np.uint8)


def ybr_422(pixels):
    """(T, H, W, 3) YBR to the stored order Y Y B R, chroma of every other column."""
    two = pixels.reshape(*pixels.shape[:2], -1, 2, 3)
    packed = np.concatenate([two[..., 0], two[..., :1, 1], two[..., :1, 2]], axis=-1)
    return packed.reshape(len(pixels), -1)


def decoded(dataset):
    return decode_dicom(to_bytes(dataset))


@pytest.mark.parametrize(("photometric", "pixels"), [("RGB", COLOUR), ("YBR_FULL", ybr(COLOUR))])
def test_colour_becomes_luma_and_overlays_are_mapped(photometric, pixels):
    result = decoded(dicom(pixels, photometric=photometric))
    assert np.abs(result.frames.astype(int) - LUMA).max() <= 1
    assert result.coloured[90:].any() and not result.coloured[:88].any()


def test_planar_rgb():
    planar = dicom(COLOUR, photometric="RGB", PlanarConfiguration=1)
    planar.PixelData = np.ascontiguousarray(COLOUR.transpose(0, 3, 1, 2)).tobytes()
    assert np.abs(decoded(planar).frames.astype(int) - LUMA).max() <= 1


def test_ybr_422_uncompressed():
    dataset = dicom(COLOUR, photometric="YBR_FULL_422")
    dataset.PixelData = ybr_422(ybr(COLOUR)).tobytes()
    assert np.abs(decoded(dataset).frames.astype(int) - LUMA).max() <= 1
    dataset.PixelData = dataset.PixelData[:-5000]
    with pytest.raises(ClipError, match="cut short"):
        decoded(dataset)


@pytest.mark.parametrize(("stored", "declared"), [(ybr(COLOUR), "RGB"), (COLOUR, "YBR_FULL")])
def test_a_wrongly_declared_colour_space_is_seen_in_the_pixels(stored, declared):
    assert np.abs(decoded(dicom(stored, photometric=declared)).frames.astype(int) - LUMA).max() <= 1


def test_monochrome1_is_inverted():
    assert np.array_equal(decoded(dicom(255 - GREY, photometric="MONOCHROME1")).frames, GREY)


def test_palette_colour():
    dataset = dicom(GREY, photometric="PALETTE COLOR")
    ramp = (255 - np.arange(256)).astype(np.uint16) * 257
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", ramp.tobytes())
    assert np.array_equal(decoded(dataset).frames, 255 - GREY)


def test_sixteen_bits_are_scaled_to_eight():
    scaled = np.rint(GREY / GREY.max() * 255)
    for factor, bits in ((16, 12), (256, 16)):
        frames = decoded(dicom(GREY.astype(np.uint16) * factor, bits_stored=bits)).frames
        assert np.array_equal(frames, scaled)
    assert np.array_equal(decoded(dicom(GREY.astype(np.uint16))).frames, GREY)  # 8-bit values in 16 bits


def test_window_is_applied_to_sixteen_bits():
    # Linear window of PS3.3 C.11.2.1.2: from centre - 0.5 - (width - 1) / 2, over width - 1.
    frames = decoded(dicom(GREY.astype(np.uint16) * 4, WindowCenter=200.5, WindowWidth=401)).frames
    expected = np.clip(GREY * 4.0 / 400, 0, 1) * 255
    assert np.abs(frames - expected).max() <= 0.5 + 1e-9


def test_signed_values_keep_their_order():
    signed = (GREY.astype(np.int16) - 100) * 20
    dataset = dicom(signed, PixelRepresentation=1)
    frames = decoded(dataset).frames.astype(int)
    assert frames.min() == 0 and frames.max() == 255
    assert np.corrcoef(frames.ravel(), GREY.ravel())[0, 1] > 0.9999


def test_jpeg_baseline_grey_and_colour():
    grey = decoded(dicom(GREY, syntax=BASELINE, encoded=[jpeg(frame) for frame in GREY]))
    assert np.abs(grey.frames.astype(int) - GREY).mean() < 2
    colour = dicom(COLOUR, photometric="YBR_FULL_422", syntax=BASELINE, encoded=[jpeg(frame) for frame in COLOUR])
    assert np.abs(decoded(colour).frames.astype(int) - LUMA).mean() < 2


@pytest.mark.parametrize(("bits", "factor"), [(8, 1), (12, 16)])
def test_jpeg_lossless(bits, factor):
    stored = GREY.astype(np.uint8 if bits == 8 else np.uint16) * factor
    encoded = [lossless_jpeg(frame, bits) for frame in stored]
    frames = decoded(dicom(stored, bits_stored=bits, syntax=LOSSLESS, encoded=encoded)).frames
    assert np.array_equal(frames, GREY if bits == 8 else np.rint(GREY / GREY.max() * 255))


@pytest.mark.parametrize("pixels", [GREY, COLOUR, GREY.astype(np.uint16) * 256])
def test_rle(pixels):
    plain = dicom(pixels, photometric="RGB" if pixels.ndim == 4 else "MONOCHROME2")
    expected = decoded(plain).frames
    plain.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    assert np.array_equal(decoded(plain).frames, expected)


def test_missing_and_broken_frames_are_refused():
    encoded = [jpeg(frame) for frame in GREY]
    with pytest.raises(ClipError, match=r"cut short|cannot be decoded"):
        decoded(dicom(GREY, syntax=BASELINE, encoded=encoded[:-2]))
    encoded[5] = b"\xff\xd8" + bytes(60) + b"\xff\xd9"
    with pytest.raises(ClipError, match=r"cannot be decoded \(JPEG Baseline"):
        decoded(dicom(GREY, syntax=BASELINE, encoded=encoded))


def test_unknown_compression_is_named():
    mpeg = dicom(GREY, syntax="1.2.840.10008.1.2.4.102", encoded=[bytes(100)])
    with pytest.raises(ClipError, match="MPEG-4"):
        decoded(mpeg)
