import numba
import numpy as np
import pytest
from scipy.stats import qmc

from twin_core.circuit import CircuitParameters, ParameterError, presets, pumps, solve_periodic
from twin_core.circuit.cohort import solve_cohort

COMPARED = ("edv_ml", "esv_ml", "mean_arterial_pressure_mmhg", "cardiac_output_l_min", "left_atrial_pressure_mmhg")


def box(count, seed=7):
    infos = CircuitParameters.infos()
    low, high = np.array([about.bounds for about in infos.values()]).T
    draws = low + qmc.Sobol(len(infos), seed=seed).random(count) * (high - low)
    return [CircuitParameters.from_dict(dict(zip(infos, draw, strict=True))) for draw in draws]


def closed(count, seed=7):
    rng = np.random.default_rng(seed)
    base = presets.load("simaan_normal", "closed_loop")
    return [
        base.replace(
            emax_mmhg_per_ml=rng.uniform(0.5, 3.0),
            systemic_resistance=rng.uniform(0.6, 1.8),
            total_blood_volume_ml=rng.uniform(4800, 5600),
            heart_rate_bpm=rng.uniform(50, 120),
            mitral_resistance=rng.uniform(0.005, 0.1),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("patients", [box(64), closed(24)], ids=["five_state box", "closed_loop"])
@pytest.mark.parametrize("speed", [None, 9500])
def test_it_agrees_with_the_scipy_path_within_a_thousandth(patients, speed):
    pump = pumps.get("heartmate2") if speed else None
    beats = solve_cohort(patients, pump=pump, speed_rpm=speed)
    compared = 0
    for patient, beat in zip(patients, beats, strict=True):
        reference = solve_periodic(patient, pump=pump, speed_rpm=speed)
        if "not_periodic" in (reference.status, beat.status):
            continue
        compared += 1
        assert beat.status == reference.status
        for index in COMPARED:
            assert getattr(beat, index) == pytest.approx(getattr(reference, index), rel=1e-3, abs=1e-2), index
    assert compared > 0.9 * len(patients)


def test_every_patient_is_answered_in_order():
    patients = box(16)
    beats = solve_cohort(patients)
    assert [beat.parameters for beat in beats] == patients
    assert {beat.status for beat in beats} <= {"periodic", "not_periodic"}
    assert solve_cohort([]) == []


def test_the_number_of_threads_changes_nothing_and_is_put_back():
    patients = box(8)
    before = numba.get_num_threads()
    one, all_cores = solve_cohort(patients, threads=1), solve_cohort(patients)
    assert numba.get_num_threads() == before
    for a, b in zip(one, all_cores, strict=True):
        assert (a.lv_volume_ml == b.lv_volume_ml).all()
    with pytest.raises(ValueError, match="at least 1, got 0"):
        solve_cohort(patients, threads=0)


def test_mixed_circuits_are_refused():
    with pytest.raises(ParameterError, match="mixes circuits"):
        solve_cohort([*box(1), *closed(1)])
