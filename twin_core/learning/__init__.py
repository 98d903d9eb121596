"""Networks: segmenter, surrogate of the circuit, echo encoder, and how they are trained."""
