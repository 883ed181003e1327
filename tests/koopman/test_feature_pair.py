import pytest
import torch
from koopman_cases import perceptron, vector_spec

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import FeaturePair
from sciml_bench.koopman.feature_pair import LAGGED_ENCODERS, NORMALIZATIONS, RunningSecondMoment
from sciml_bench.networks import ConvolutionalEncoder


def small_images(shape, n_outputs):
    return ConvolutionalEncoder(shape, n_outputs, channels=(2, 3))


IMAGES = vector_spec(state_shape=(1, 8, 8))
CASES = {"vectors": (vector_spec(), perceptron), "images": (IMAGES, small_images)}


def feature_pair(kind="vectors", seed=0, **options):
    torch.manual_seed(seed)
    spec, encoder = CASES[kind]
    return FeaturePair(spec, encoder=encoder, **{"n_modes": 4, **options})


def states(kind="vectors", n=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, *CASES[kind][0].state_shape, generator=generator)


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("lagged", LAGGED_ENCODERS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_pair_evaluated_together_equals_each_side_alone(kind, lagged, normalization):
    pair = feature_pair(kind, lagged=lagged, normalization=normalization).eval()
    now, later = states(kind), states(kind, seed=2)
    f, g = pair(now, later)
    assert f.shape == g.shape == (6, 4)
    torch.testing.assert_close(f, pair.encode(now), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(g, pair.encode_lagged(later), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("lagged", LAGGED_ENCODERS)
def test_centring_makes_the_first_feature_of_both_sides_exactly_one(lagged):
    f, g = feature_pair(lagged=lagged, center=True)(states(), states(seed=2))
    assert (f[:, 0] == 1).all()
    assert (g[:, 0] == 1).all()
    assert f[:, 1:].std(dim=0).min() > 0
    f, g = feature_pair(lagged=lagged, center=False)(states(), states(seed=2))
    assert f.std(dim=0).min() > 0
    assert g.std(dim=0).min() > 0


@pytest.mark.parametrize("kind", CASES)
def test_l2_normalisation_puts_the_learned_features_on_the_unit_sphere(kind):
    for lagged in ("separate", "shared"):
        f, g = feature_pair(kind, lagged=lagged, normalization="l2", center=False)(states(kind), states(kind, seed=2))
        torch.testing.assert_close(f.norm(dim=1), torch.ones(6))
        torch.testing.assert_close(g.norm(dim=1), torch.ones(6))
    f, _ = feature_pair(kind, normalization="l2", center=True)(states(kind), states(kind))
    torch.testing.assert_close(f[:, 1:].norm(dim=1), torch.ones(6))


def test_a_linear_lagged_encoder_is_a_matrix_behind_the_first_and_starts_as_a_rotation():
    pair = feature_pair(lagged="linear", normalization="l2")
    f, g = pair.encode(states())[:, 1:], pair.encode_lagged(states())[:, 1:]
    torch.testing.assert_close(g.norm(dim=1), torch.ones(6))
    (matrix,) = [weight for name, weight in pair.named_parameters() if weight.shape == (3, 3) and "lagged" in name]
    torch.testing.assert_close(g, f @ matrix.T)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(3))


def test_a_shared_encoder_gives_both_sides_the_same_features():
    pair = feature_pair(lagged="shared")
    torch.testing.assert_close(pair.encode(states()), pair.encode_lagged(states()), rtol=0, atol=0)
    separate = feature_pair(lagged="separate")
    assert (separate.encode(states()) - separate.encode_lagged(states())).abs().max() > 1e-2


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize(("lagged", "independent"), [("separate", True), ("shared", False), ("linear", False)])
def test_a_step_on_g_moves_f_only_where_they_share_weights(kind, lagged, independent):
    pair = feature_pair(kind, lagged=lagged)
    optimizer = torch.optim.SGD(pair.parameters(), lr=0.1)
    f, g = pair(states(kind), states(kind, seed=2))
    before_f, before_g = f.detach(), g.detach()
    g[:, 1:].square().sum().backward()
    optimizer.step()
    f, g = pair(states(kind), states(kind, seed=2))
    assert not torch.equal(g, before_g)
    assert torch.equal(f, before_f) == independent


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("lagged", LAGGED_ENCODERS)
def test_a_loss_of_both_sides_reaches_every_parameter(kind, lagged):
    pair = feature_pair(kind, lagged=lagged)
    f, g = pair(states(kind), states(kind, seed=2))
    (f * g).sum().backward()
    for name, parameter in pair.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("lagged", LAGGED_ENCODERS)
def test_sinusoidal_features_have_the_period_of_the_state(lagged):
    spec = vector_spec(period=2.0)
    torch.manual_seed(0)
    pair = FeaturePair(spec, encoder=perceptron, n_modes=4, sinusoidal=True, lagged=lagged)
    x = 2 * torch.rand(6, 2)
    for encode in (pair.encode, pair.encode_lagged):
        torch.testing.assert_close(encode(x), encode(x + 2.0), rtol=1e-4, atol=1e-5)
        assert (encode(x) - encode(x + 1.0)).abs().max() > 1e-2


def test_second_moment_normalisation_gives_a_training_batch_unit_mean_square():
    pair = feature_pair(normalization="second_moment", center=False)
    f, g = pair(states(n=50), states(n=50, seed=2))
    torch.testing.assert_close(f.square().mean(dim=0), torch.ones(4))
    torch.testing.assert_close(g.square().mean(dim=0), torch.ones(4))


def test_the_running_second_moment_converges_to_that_of_the_features_and_rests_in_evaluation():
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([0.1, 3.0])
    normalizer = RunningSecondMoment(2)
    for _ in range(200):
        normalizer(scale * torch.randn(2000, 2, generator=generator))
    normalizer.eval()
    before = normalizer.mean_square.clone()
    torch.testing.assert_close(normalizer(scale[None]), torch.ones(1, 2), rtol=0.05, atol=0)
    assert torch.equal(normalizer.mean_square, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lagged": "sepparate"}, r"model\.lagged=sepparate.*linear, separate, shared"),
        ({"normalization": "L2"}, r"model\.normalization=L2.*l2, none, second_moment"),
        ({"n_modes": 1}, r"model\.n_modes=1 .*at least 2"),
        ({"n_modes": 0, "center": False}, r"model\.n_modes=0 .*at least 1"),
        ({"sinusoidal": True}, r"model\.sinusoidal=true needs data with a period"),
    ],
)
def test_an_option_that_does_not_fit_names_its_key(options, message):
    with pytest.raises(ConfigurationError, match=message):
        feature_pair(**options)


def test_a_sinusoidal_embedding_of_images_is_refused():
    spec = vector_spec(period=1.0, state_shape=(1, 8, 8))
    with pytest.raises(ConfigurationError, match="needs vector states"):
        FeaturePair(spec, encoder=small_images, n_modes=3, sinusoidal=True)
