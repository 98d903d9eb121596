"""What is added to a training seed for patients that must not be the training patients: written once.

A training seed is below a million, so that no two of these runs ever draw the same patient.
"""

TEST_SEED = 1_000_003
VOLUME_SEED = 2_000_003  # of the segmenter's second stage
VALIDATION_SEED = 4_000_003
