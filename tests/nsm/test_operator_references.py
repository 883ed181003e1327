"""What an operator has to beat, against errors worked out by hand."""

import numpy as np
import pytest
import torch

from sciml_bench.nsm.evaluation import reference_errors
from sciml_bench.training.judgement import judgement


def test_the_mean_solution_and_the_beginning_are_compared():
    # (batch, time, space): one solution grows from 1 to 3, the other falls from 1 to -1
    truth = torch.tensor([[[1.0, 1.0], [3.0, 3.0]], [[1.0, 1.0], [-1.0, -1.0]]], dtype=torch.float64)
    found = reference_errors(truth, 2, 0)
    # the mean is 1 everywhere, and so are both beginnings
    expected = (np.sqrt(8 / 20) + np.sqrt(8 / 4)) / 2
    assert found == pytest.approx({"mean_relative_l2_2": expected, "persistence_relative_l2_2": expected})
    assert list(reference_errors(truth, 2, None)) == ["mean_relative_l2_2"]


def test_the_sentence_names_both_references_or_the_mean_alone():
    metrics = {"relative_l2_64": 0.01, "relative_l2_128": 0.02, "mean_relative_l2_64": 0.5}
    assert judgement(metrics, "time") == "solutions on 64 points: 0.02 of the mean's error; better than it"
    metrics["persistence_relative_l2_64"] = 0.005
    assert judgement(metrics, "time") == (
        "solutions on 64 points: 2 of persistence's error, 0.02 of the mean's error; not better than both"
    )
