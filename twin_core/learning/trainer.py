"""The one training loop of every network here: mixed precision, several processes, resume, early stopping, log."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from twin_core.learning.checkpoints import load_checkpoint, save_checkpoint
from twin_core.learning.distributed import Group
from twin_core.learning.signals import Signals
from twin_core.learning.sources import Source
from twin_core.learning.training_log import TrainingLog
from twin_core.learning.training_state import TrainingState

Precision = Literal["auto", "bf16", "fp32"]


class TrainingStoppedError(Exception):
    """Training ended early, on a signal, with its state saved."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to train and what to keep.

    Attributes:
        steps: optimiser steps.
        clip_norm: gradients are scaled down to this norm; None leaves them.
        precision: of the forward pass: bf16 autocast, fp32, or auto (bf16 on CUDA, fp32 on the CPU).
        checkpoint: file that holds the state, written every ``checkpoint_every`` steps and on SIGTERM or SIGINT.
        resume: go on from ``checkpoint``, where there is one.
        settings: what the run is, as plain values; a checkpoint of other settings is refused.
        log_dir: folder for TensorBoard; None writes none.
        report_every: steps between lines of progress.
        left_out: steps that may be left out because their loss or gradient is not a number; one more ends training.
    """

    steps: int
    clip_norm: float | None = None
    precision: Precision = "auto"
    checkpoint: Path | None = None
    checkpoint_every: int = 200
    resume: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    log_dir: Path | None = None
    report_every: int = 100
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Validation:
    """A score on data that are neither trained on nor tested on; the weights with the lowest are kept.

    Those that training begins with are scored too.

    Attributes:
        name: what the score is.
        score: computes it, the objective being in evaluation mode; runs in the first process only.
        every: steps between scores; the last step is scored too.
        patience: scores without a new lowest after which training stops.
    """

    name: str
    score: Callable[[], float]
    every: int
    patience: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What training did.

    Attributes:
        losses: of every step, those before a resume included.
        stopped_early: whether the validation score ended it.
        best_step: step whose weights were kept, 0 for those it began with; None without validation.
        best_score: their validation score.
    """

    losses: list[float]
    stopped_early: bool = False
    best_step: int | None = None
    best_score: float | None = None

    def final_loss(self, count: int = 100) -> float:
        """Mean of the last ``count`` losses, less those of steps left out."""
        return _mean(self.losses[-count:])


def one_cycle(
    optimiser: torch.optim.Optimizer, peak: float, steps: int, warm_up: float = 0.1
) -> torch.optim.lr_scheduler.OneCycleLR:
    """The learning rate up to its peak over a part of the steps, then down to nothing (Smith, arXiv 1803.09820)."""
    part = warm_up if warm_up * steps != 1.0 else 2.0 / steps  # PyTorch divides by the warm-up's steps less one
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=steps, pct_start=part)


def fit(
    objective: nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    source: Source,
    plan: Plan,
    *,
    group: Group | None = None,
    validation: Validation | None = None,
    report: Callable[[str], None] = print,
) -> Fit:
    """Train until the last step, the patience or a signal ends it.

    On one CPU thread the same seed gives the same losses to the last bit, whether or not the run was stopped,
    killed and resumed in between.

    Args:
        objective: holds the network; called with a batch it returns the loss. With several processes its loss must
            be a mean over the batch: gradients are averaged over processes.
        optimiser: over the objective's parameters.
        schedule: stepped once a step.
        source: of batches.
        plan: how long, and what to keep.
        group: this process among those that train together; None is one process on the objective's own device.
        validation: chooses the weights to keep; without it the last are kept.
        report: receives one line of progress at a time, in the first process.

    Returns:
        Losses and what was selected. The objective holds the kept weights, in evaluation mode.

    Raises:
        TrainingStoppedError: by SIGTERM or SIGINT, after the state was saved; only where ``plan.checkpoint`` is given.
        CheckpointError: the checkpoint is damaged or of another run.
        ValueError: the loss or its gradient is no longer a number, more often than ``plan.left_out`` allows.
    """
    group = group or Group(device=next(objective.parameters()).device)
    tell = group.teller(report)
    state = TrainingState()
    if plan.resume and plan.checkpoint is not None:
        if plan.checkpoint.is_file():
            saved = load_checkpoint(plan.checkpoint, plan.settings)
            state.restore(saved, group, objective, optimiser, schedule, source)
            tell(f"resumed at step {len(state.losses)}/{plan.steps} from {plan.checkpoint}")
        else:
            tell(f"no checkpoint {plan.checkpoint} yet: training from the start")
    wrapped = group.wrap(objective)
    wrapped.train()
    half = plan.precision == "bf16" or (plan.precision == "auto" and group.device.type == "cuda")
    started, at_start = time.monotonic(), len(state.losses)

    def save() -> None:
        if plan.checkpoint is not None:
            sources = group.gather(json.dumps(source.state_dict()))
            if group.first:
                content = state.content(objective, optimiser, schedule, sources)
                save_checkpoint(plan.checkpoint, plan.settings, content)

    with ExitStack() as stack:
        stop = stack.enter_context(Signals(active=plan.checkpoint is not None))
        log = stack.enter_context(TrainingLog(plan.log_dir if group.first else None, at_start))
        if validation is not None and not state.losses:
            # What a run begins with may already be good: a later stage that only spoils it must not replace it.
            state.judge(_score(validation, wrapped, group), 0, objective)
            tell(f"step 0/{plan.steps} {validation.name} {state.best_score:.4f}")
        ended = len(state.losses) >= plan.steps or _out_of_patience(validation, state)
        while not ended:
            batch = [part.to(group.device) for part in source.batch()]
            with torch.autocast(group.device.type, torch.bfloat16, enabled=half):
                loss = wrapped(*batch)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(objective.parameters(), plan.clip_norm or math.inf)
            value, stopping = group.mean_and_any(loss.item(), stop.asked)
            step = len(state.losses) + 1
            if math.isfinite(value) and math.isfinite(norm):  # both are the same in every process
                optimiser.step()
            else:
                state.left_out += 1
                if state.left_out > plan.left_out:
                    raise ValueError(
                        f"the loss is {value}, its gradient's norm {float(norm)} at step {step}: lower the learning "
                        "rate or check the data"
                    )
            schedule.step()
            state.losses.append(value)
            if plan.clip_norm is not None:
                log.write(step, gradient_norm=norm)
            log.write(step, loss=value, learning_rate=optimiser.param_groups[0]["lr"])
            if validation is not None and (step % validation.every == 0 or step == plan.steps):
                score = _score(validation, wrapped, group)
                state.judge(score, step, objective)
                log.write(step, **{validation.name: score})
                tell(f"step {step}/{plan.steps} {validation.name} {score:.4f}, lowest {state.best_score:.4f}")
            if step % plan.report_every == 0 or step == plan.steps:
                left = (time.monotonic() - started) / (step - at_start) * (plan.steps - step) / 60
                mean = _mean(state.losses[-plan.report_every :])
                tell(f"step {step}/{plan.steps} loss {mean:.4g}, {left:.1f} min left")
            ended = step == plan.steps or _out_of_patience(validation, state)
            if stopping or ended or step % plan.checkpoint_every == 0:
                save()
            if stopping and not ended:
                raise TrainingStoppedError(f"stopped at step {step} of {plan.steps}, saved: go on with --resume")
    if state.best is not None:
        objective.load_state_dict(state.best)
    objective.eval()
    done = len(state.losses)
    if done < plan.steps:
        tell(f"stopped at step {done}: no better {validation.name if validation else ''} since {state.best_step}")
    return Fit(
        losses=state.losses,
        stopped_early=done < plan.steps,
        best_step=state.best_step,
        best_score=state.best_score,
    )


@torch.no_grad()
def _score(validation: Validation, objective: nn.Module, group: Group) -> float:
    objective.eval()
    score = group.from_first(validation.score() if group.first else 0.0)
    objective.train()
    return score


def _out_of_patience(validation: Validation | None, state: TrainingState) -> bool:
    return validation is not None and state.since_best >= validation.patience


def _mean(losses: list[float]) -> float:
    finite = [loss for loss in losses if math.isfinite(loss)]
    return float(np.mean(finite)) if finite else math.nan
