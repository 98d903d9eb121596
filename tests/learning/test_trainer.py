import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.learning.tiny_run import Points, parts
from twin_core.learning.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from twin_core.learning.sources import Draws
from twin_core.learning.trainer import Plan, Validation, fit, one_cycle

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "tiny_run.py"
STEPS = 60


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def quiet(line):
    pass


def run(plan, source=None, dropout=0.1, **more):
    source = source or Points(noise=0.1)
    return fit(*parts(dropout, STEPS), source, plan, report=more.pop("report", quiet), **more)


@pytest.fixture(scope="module")
def uninterrupted():
    torch.set_num_threads(1)
    return fit(*parts(0.1, STEPS), Points(noise=0.1), Plan(steps=STEPS, clip_norm=1.0), report=quiet).losses


def started(*arguments, launcher=()):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(PROGRAM), *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def wait_for_step(process, step):
    for line in process.stdout:
        if (found := re.match(r"step (\d+)/", line)) and int(found[1]) >= step:
            return
    raise AssertionError(f"ended before step {step}: {process.stderr.read()}")


def test_the_same_seed_gives_the_same_losses_and_they_fall(uninterrupted):
    again = run(Plan(steps=STEPS, clip_norm=1.0))
    assert again.losses == uninterrupted
    assert again.final_loss(10) < 0.3 * uninterrupted[0]


def test_a_run_stopped_and_then_killed_resumes_to_the_same_losses(tmp_path, uninterrupted):
    files = tmp_path / "state.pt", tmp_path / "losses.json"
    process = started(*files, STEPS, "--slow")
    wait_for_step(process, 13)
    process.send_signal(signal.SIGTERM)  # the step under way is finished and saved
    rest, _ = process.communicate(timeout=200)
    assert process.returncode == 3 and "go on with --resume" in rest
    stopped_at = len(load_checkpoint(files[0], {})["losses"])
    assert 13 <= stopped_at < 30

    process = started(*files, STEPS, "--slow", "--resume")
    wait_for_step(process, 33)
    process.kill()
    process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL and not files[1].exists()
    assert len(load_checkpoint(files[0], {})["losses"]) in (30, 40, 50)

    process = started(*files, STEPS, "--resume")
    lines, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert re.search(rf"resumed at step [345]0/{STEPS}", lines)
    assert json.loads(files[1].read_text()) == uninterrupted
    assert sorted(p.name for p in tmp_path.iterdir()) == ["losses.json", "state.pt"]


def test_two_processes_take_the_steps_of_one_with_the_whole_batch(tmp_path):
    plan = Plan(steps=12, clip_norm=1.0, checkpoint=tmp_path / "one.pt")
    objective, optimiser, schedule = parts(0.0, 12)
    alone = fit(objective, optimiser, schedule, Points(), plan, report=quiet)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    process = started(tmp_path / "two.pt", tmp_path / "losses.json", 12, launcher=launcher)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert json.loads((tmp_path / "losses.json").read_text()) == pytest.approx(alone.losses, rel=1e-4)
    one, two = (load_checkpoint(tmp_path / f"{name}.pt", {}) for name in ("one", "two"))
    assert len(two["sources"]) == 2
    for name, value in one["objective"].items():
        torch.testing.assert_close(two["objective"][name], value, rtol=1e-4, atol=1e-5)
    # Adam's first moment is a mean of past gradients: equal moments are equal gradients, not only equal steps.
    for index, moments in one["optimiser"]["state"].items():
        torch.testing.assert_close(
            two["optimiser"]["state"][index]["exp_avg"], moments["exp_avg"], rtol=1e-4, atol=1e-6
        )
    with pytest.raises(CheckpointError, match="of 2 processes, this run has 1"):
        run(Plan(steps=20, checkpoint=tmp_path / "two.pt", resume=True))


def test_the_weights_with_the_lowest_validation_score_are_kept_and_patience_ends_training():
    objective, optimiser, schedule = parts(0.0, STEPS)
    scores, kept, modes = iter([9.0, 3.0, 1.0, 2.0, 1.5, 0.1]), [], []

    def score():
        modes.append(objective.training)
        kept.append(objective.network[0].weight.detach().clone())
        return next(scores)

    validation = Validation(name="error", score=score, every=5, patience=2)
    lines = []
    found = fit(objective, optimiser, schedule, Points(), Plan(steps=STEPS), validation=validation, report=lines.append)
    assert (found.best_step, found.best_score, found.stopped_early, len(found.losses)) == (10, 1.0, True, 20)
    assert torch.equal(objective.network[0].weight, kept[2]) and not torch.equal(kept[2], kept[4])
    assert not any(modes) and not objective.training
    assert "no better error since 10" in lines[-1]


def test_training_that_only_spoils_what_it_began_with_changes_nothing():
    objective, optimiser, schedule = parts(0.0, STEPS)
    before = [p.detach().clone() for p in objective.parameters()]
    scores = iter([0.1, *[1.0] * STEPS])
    check = Validation(name="error", score=lambda: next(scores), every=5, patience=STEPS)
    found = fit(objective, optimiser, schedule, Points(), Plan(steps=STEPS), validation=check, report=quiet)
    assert (found.best_step, found.best_score, len(found.losses)) == (0, 0.1, STEPS)
    assert all(torch.equal(p, was) for p, was in zip(objective.parameters(), before, strict=True))


def test_a_start_whose_score_is_no_number_is_not_kept():
    objective, optimiser, schedule = parts(0.0, STEPS)
    scores = iter([math.nan, *[1.0] * STEPS])
    check = Validation(name="error", score=lambda: next(scores), every=5, patience=STEPS)
    found = fit(objective, optimiser, schedule, Points(), Plan(steps=STEPS), validation=check, report=quiet)
    assert (found.best_step, found.best_score) == (5, 1.0)


def test_validation_survives_a_resume(tmp_path):
    def validated(plan):
        objective, optimiser, schedule = parts(0.1, STEPS)
        points = Points()
        check = Validation(name="error", score=lambda: objective(points.x, points.y).item(), every=10, patience=9)
        found = fit(objective, optimiser, schedule, Points(noise=0.1), plan, validation=check, report=quiet)
        return found, objective.state_dict()

    whole, weights = validated(Plan(steps=STEPS))
    with pytest.raises(ZeroDivisionError):
        broken = Points(noise=0.1)
        count = iter(range(35, -1, -1))
        plain = broken.batch
        broken.batch = lambda: plain() if 1 / next(count) else None
        run(Plan(steps=STEPS, checkpoint=tmp_path / "s.pt", checkpoint_every=10), broken,
            validation=Validation(name="error", score=lambda: 1.0, every=10, patience=9))  # fmt: skip
    assert len(load_checkpoint(tmp_path / "s.pt", {})["losses"]) == 30
    resumed, again = validated(Plan(steps=STEPS, checkpoint=tmp_path / "s.pt", resume=True))
    assert resumed.losses == whole.losses
    assert resumed.best_step == whole.best_step and all(torch.equal(again[k], weights[k]) for k in weights)


def test_gradients_are_clipped_to_the_norm():
    objective, _, _ = parts(0.0)
    before = [p.detach().clone() for p in objective.parameters()]
    optimiser = torch.optim.SGD(objective.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0)
    fit(objective, optimiser, schedule, Points(), Plan(steps=1, clip_norm=0.01), report=quiet)
    moved = sum((a - b).square().sum() for a, b in zip(objective.parameters(), before, strict=True)).sqrt()
    assert moved.item() == pytest.approx(0.01, rel=1e-3)


def test_bf16_rounds_and_still_learns(uninterrupted):
    half = run(Plan(steps=STEPS, clip_norm=1.0, precision="bf16"))
    assert half.losses != uninterrupted
    assert half.final_loss(10) == pytest.approx(sum(uninterrupted[-10:]) / 10, abs=0.1)


def test_the_log_holds_every_step_once_though_the_run_was_resumed(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps, resume in ((20, False), (STEPS, True)):
        plan = Plan(
            steps=steps,
            clip_norm=1.0,
            checkpoint=tmp_path / "s.pt",
            resume=resume,
            log_dir=tmp_path / "log",
        )
        losses = run(plan).losses
    events = EventAccumulator(str(tmp_path / "log"))
    events.Reload()
    assert [e.step for e in events.Scalars("loss")] == list(range(1, STEPS + 1))
    assert [e.value for e in events.Scalars("loss")] == pytest.approx(losses, rel=1e-6)
    assert {"loss", "learning_rate", "gradient_norm"} <= set(events.Tags()["scalars"])


def test_a_loss_that_is_no_number_ends_training_with_the_step():
    source = Points()
    source.y[:] = float("nan")
    with pytest.raises(ValueError, match="the loss is nan, its gradient's norm nan at step 1: lower the lear"):
        run(Plan(steps=3), source)


def test_so_many_steps_as_allowed_may_be_left_out_and_change_no_weight():
    source, whole = Points(), Points().y.clone()
    batch, asked = source.batch, []

    def sometimes_nothing():
        asked.append(1)
        source.y = whole * float("nan") if len(asked) in (2, 5) else whole
        return batch()

    source.batch = sometimes_nothing
    found = run(Plan(steps=6, left_out=2), source)
    assert [np.isfinite(loss) for loss in found.losses] == [True, False, True, True, False, True]
    assert np.isfinite(found.final_loss())
    asked.clear()
    with pytest.raises(ValueError, match="at step 5"):
        run(Plan(steps=6, left_out=1), source)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 19, 20, 500])
def test_one_cycle_takes_any_number_of_steps(steps):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, rates = one_cycle(optimiser, 0.5, steps), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert all(0 < rate <= 0.5 for rate in rates[:-1])
    assert rates[-1] < 0.1 * max(rates) or steps < 3


def test_progress_tells_the_time_left():
    lines = []
    run(Plan(steps=STEPS, report_every=20), report=lines.append)
    assert [line.split()[1] for line in lines] == ["20/60", "40/60", "60/60"]
    assert all(re.search(r"loss [\d.e-]+, \d+\.\d min left$", line) for line in lines)


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused(tmp_path):
    path = tmp_path / "s.pt"
    plan = {"checkpoint": path, "resume": True}
    save_checkpoint(path, {"seed": 1}, {"losses": []})
    with pytest.raises(CheckpointError, match="with seed 1, this one has 2: give the same options"):
        run(Plan(steps=3, settings={"seed": 2}, **plan))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"no readable checkpoint .* train from the start"):
        run(Plan(steps=3, settings={"seed": 1}, **plan))


def test_draws_show_every_item_once_a_round_and_go_on_from_a_state():
    draws = Draws(0)
    assert sorted(draws.pick(6, 3) + draws.pick(6, 3)) == list(range(6))
    draws.pick(6, 2)
    state = json.loads(json.dumps(draws.state_dict()))
    after = draws.pick(6, 3), draws.rng.random()
    other = Draws(1)
    other.load_state_dict(state)
    assert (other.pick(6, 3), other.rng.random()) == after
    assert len(Draws(0).pick(2, 5)) == 2
    shorter = Draws(1)
    shorter.load_state_dict(state)
    with pytest.raises(CheckpointError, match="of a run on 6 items, this one has 4: the data are not those of before"):
        shorter.pick(4, 3)


def test_without_a_checkpoint_yet_resume_starts_at_the_beginning(tmp_path, uninterrupted):
    lines = []
    plan = Plan(steps=STEPS, clip_norm=1.0, checkpoint=tmp_path / "s.pt", resume=True)
    assert run(plan, report=lines.append).losses == uninterrupted
    assert "yet: training from the start" in lines[0]
    begun = time.monotonic()
    assert run(plan, report=lines.append).losses == uninterrupted  # finished: nothing is trained again
    assert time.monotonic() - begun < 5 and "resumed at step 60/60" in lines[-1]
