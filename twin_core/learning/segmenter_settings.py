"""How one of the segmenter's networks is trained: its settings, and the stages that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from twin_core.learning.seeds import VOLUME_SEED


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the training, in which the learning rate rises to its peak and falls once.

    Attributes:
        name: part of its checkpoint's name and of its lines of progress; none for the first.
        seed: of the rendered patients.
        circuits_share: of the rendered patients; their volumes are those of circuits' beats, which fail more often.
        contrasted_share: of rendered patients shown nearly full and nearly empty, not in any two frames.
        volume_weight: of ``outline_loss.volume_loss`` beside the pixels' loss.
        kept_share: of what the stage changes in the weights, so much is kept.
    """

    name: str
    seed: int
    patients: int
    circuits_share: float
    steps: int
    learning_rate: float
    contrasted_share: float
    volume_weight: float
    kept_share: float

    @property
    def suffix(self) -> str:
        """Of its files' names."""
        return f".{self.name}" if self.name else ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads.

    Attributes:
        patients_a_step: rendered patients and clips of the data set together, shared among processes.
        rendered_share: of them; 1 without a data set.
        circuits_share: of the first stage's rendered patients, see ``Stage``.
        volume_steps, volume_patients: of the second stage, which has no more of either than the first; no step leaves
            it out. From the first step on volumes would only be in the way: contours not there yet have none.
        volume_learning_rate, volume_circuits_share, volume_weight, contrasted_share: of the second stage.
        volume_kept_share: of the second stage. Between the weights before and after it (Wortsman 2022, arXiv
            2109.01903) a network keeps more of how it read clips unlike the rendered ones.
        clip_norm: gradients are scaled down to this norm, above any that was seen in a run that went well.
        validate_every: steps between scores on the data set's validation split.
        patience: scores without a new best after which training stops.

    Raises:
        ValueError: a share between 0 and 1 that is none or all of a step's patients.
    """

    seed: int = 0
    patients: int = 2000
    test_patients: int = 100
    steps: int = 1500
    patients_a_step: int = 16
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    still_share: float = 0.1  # of samples shown without motion, so that a still frame is understood too
    rendered_share: float = 1.0
    circuits_share: float = 0.0
    volume_steps: int = 700
    volume_patients: int = 2500
    volume_learning_rate: float = 1.5e-3
    volume_circuits_share: float = 0.5
    volume_weight: float = 2.0
    volume_kept_share: float = 1.0
    contrasted_share: float = 0.7
    clip_norm: float = 20.0
    validate_every: int = 200
    patience: int = 8

    def __post_init__(self) -> None:
        if 0 < self.rendered_share < 1 and self.rendered_a_step in (0, self.patients_a_step):
            least = 1 / self.patients_a_step
            raise ValueError(
                f"a rendered share of {self.rendered_share} is {self.rendered_a_step} of a step's "
                f"{self.patients_a_step} patients: give one from {least:g} to {1 - least:g}"
            )

    @property
    def rendered_a_step(self) -> int:
        """How many of a step's patients are rendered."""
        return round(self.patients_a_step * self.rendered_share)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Contours, then volumes too."""
        contours = Stage(
            name="",
            seed=self.seed,
            patients=self.patients,
            circuits_share=self.circuits_share,
            steps=self.steps,
            learning_rate=self.learning_rate,
            contrasted_share=0.0,
            volume_weight=0.0,
            kept_share=1.0,
        )
        volumes = Stage(
            name="volumes",
            seed=self.seed + VOLUME_SEED,  # on patients whose contours are learnt by heart volumes are right
            patients=min(self.volume_patients, self.patients),
            circuits_share=self.volume_circuits_share,
            steps=min(self.volume_steps, self.steps),
            learning_rate=self.volume_learning_rate,
            contrasted_share=self.contrasted_share,
            volume_weight=self.volume_weight,
            kept_share=self.volume_kept_share,
        )
        return (contours, volumes) if volumes.steps else (contours,)
