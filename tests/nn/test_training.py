"""The training loop: what it reports, how it is interrupted and goes on, what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import files, nn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
T = nn.one_hot((X[:, 0] * X[:, 1] > 0).astype(int), 2)
DATA, HELD_OUT = {"x": X[:45], "t": T[:45]}, {"x": X[45:], "t": T[45:]}


def quadrants(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
    """Every kind of layer that remembers, draws or averages something."""
    h = nn.batch_norm(draft, nn.dense(draft, x, 2, 16, "tanh"), 16)
    h = nn.dropout(draft, nn.prelu(draft, h), 16, rate=0.1)
    y = nn.dense(draft, h, 16, 2).named("y")
    return {"y": y, "J": nn.softmax_cross_entropy(y, t)}


def accuracy(y: Any, t: Any) -> float:
    return float(np.mean(nn.from_one_hot(y) == nn.from_one_hot(t)))


def trained(epochs: int, **options: Any) -> nn.Trained:
    usual = {"held_out": HELD_OUT, "measures": {"accuracy": accuracy}, "size": 10, "seed": 3, "quiet": True}
    network = nn.network(quadrants, seed=1)
    return nn.train(network, DATA, nn.Adam(nn.Cosine(0.05, steps=100)), epochs=epochs, **{**usual, **options})


def same(one: nn.Trained, other: nn.Trained) -> bool:
    """To the last bit."""
    arrays = (
        (a[name], b[name])
        for a, b in ((one.parameters, other.parameters), (one.statistics, other.statistics))
        for name in (a | b)  # type: ignore[operator] # dicts, as training makes them
    )
    return one.history == other.history and all(np.array_equal(a, b) for a, b in arrays)


def test_it_learns_and_says_how_it_went() -> None:
    end = trained(25)
    assert [row["epoch"] for row in end.history] == list(range(1, 26))
    assert set(end.history[0]) == {"epoch", "loss", "held_out", "accuracy"}
    assert end.history[-1]["accuracy"] > 0.85 > end.history[0]["accuracy"]
    assert end.history[-1]["loss"] < 0.65 * end.history[0]["loss"]
    y = end(x=HELD_OUT["x"])["y"]  # what is noted of held-out data is what the network says of them
    assert accuracy(y, HELD_OUT["t"]) == end.history[-1]["accuracy"]
    assert end(**HELD_OUT)["J"] == pytest.approx(end.history[-1]["held_out"])


def test_the_loss_of_an_epoch_is_the_mean_over_its_examples() -> None:
    """45 examples in batches of 10: the last one, of five, counts half. At a rate of nearly 0 nothing else changes."""

    def line(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        return {"J": nn.half_squares(nn.dense(draft, x, 2, 2), t)}

    network = nn.network(line)
    (epoch,) = islice(nn.epochs(network, DATA, nn.GradientDescent(1e-300), size=10), 1)
    whole = nn.evaluation(network.test)({**DATA, **network.parameters})["J"]
    assert epoch.history[0]["loss"] == pytest.approx(whole, rel=1e-12)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    assert same(trained(3), trained(3))
    assert not same(trained(3), trained(3, seed=4))


def test_an_interruption_changes_nothing(tmp_path: Path) -> None:
    """Stopped in the middle of an epoch as Ctrl-C stops it, twice; then the same call again."""
    whole, file = trained(7), tmp_path / "run.npz"
    epochs = 0

    def interrupted(y: Any, t: Any) -> float:
        nonlocal epochs
        epochs += 1
        if epochs in (3, 6):
            raise KeyboardInterrupt
        return accuracy(y, t)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            trained(7, checkpoint=file, measures={"accuracy": interrupted})
    assert nn.Epoch.load(file).number == 4
    assert same(trained(7, checkpoint=file), whole)
    assert same(trained(7, checkpoint=file), whole)  # there is nothing left to do
    assert same(trained(9, checkpoint=file), trained(9))  # or more than there was


def test_a_checkpoint_that_fails_half_way_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.npz"
    trained(2, checkpoint=file)
    before = file.read_bytes()

    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        trained(3, checkpoint=file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_files_are_the_same_bytes_on_every_run(tmp_path: Path) -> None:
    for name in ("one.npz", "other.npz"):
        trained(1, checkpoint=tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("optimizer", [nn.GradientDescent(0.1), nn.Momentum(0.05), nn.Nesterov(0.05), nn.AdaDelta()])
def test_every_optimizer_goes_on_where_it_was(optimizer: nn.Optimizer, tmp_path: Path) -> None:
    network, file = nn.network(quadrants), tmp_path / "run.npz"
    whole = nn.train(network, DATA, optimizer, epochs=4, quiet=True)
    nn.train(network, DATA, optimizer, epochs=2, quiet=True, checkpoint=file)
    assert same(nn.train(network, DATA, optimizer, epochs=4, quiet=True, checkpoint=file), whole)


def test_patience_stops_and_keeps_the_best(tmp_path: Path) -> None:
    """On pure noise held-out losses soon rise."""
    rng = np.random.default_rng(5)
    noise = {"x": rng.normal(size=(30, 2)), "t": nn.one_hot(rng.integers(0, 2, 30), 2)}
    options = {"held_out": {**noise, "t": noise["t"][::-1]}, "patience": 4}
    end = trained(200, **options)
    losses = [row["held_out"] for row in end.history]
    assert len(losses) == int(np.argmin(losses)) + 1 + 4 < 200
    assert end(**options["held_out"])["J"] == pytest.approx(min(losses), rel=1e-12)
    assert same(end, trained(200, checkpoint=tmp_path / "run.npz", **options))
    assert same(end, trained(200, checkpoint=tmp_path / "run.npz", **options))  # the best is in the file


def test_weights_go_to_a_file_and_come_back(tmp_path: Path) -> None:
    end = trained(2)
    end.save(tmp_path / "weights.npz")
    found = nn.load(tmp_path / "weights.npz")
    assert list(found) == [*end.parameters, *end.statistics]
    again = nn.Trained.load(nn.network(quadrants), tmp_path / "weights.npz")
    np.testing.assert_array_equal(again(x=X)["y"], end(x=X)["y"])
    assert again.history == ()
    with np.load(tmp_path / "weights.npz") as archive:  # NumPy reads it
        np.testing.assert_array_equal(archive["W1"], end.parameters["W1"])


def test_any_name_can_be_saved(tmp_path: Path) -> None:
    weights = {"file": np.ones(2), "allow_pickle": 2.0, "β": np.zeros((0, 3), dtype="f4")}
    nn.save(tmp_path / "weights.npz", weights)
    found = nn.load(tmp_path / "weights.npz")
    assert list(found) == list(weights) and found["allow_pickle"] == 2.0
    assert found["β"].dtype == np.float32 and found["β"].shape == (0, 3)


def test_masks_are_drawn_anew_for_every_step_and_again_by_the_same_seed() -> None:
    """A network whose loss is the mask itself: on x = 1 its mean over 1 000 entries."""

    def build(draft: nn.Draft, x: Any) -> dict[str, Any]:
        return {"J": draft.parameter("w", 1.0) * np.mean(nn.dropout(draft, x, 100, rate=0.25))}

    def losses(seed: int) -> list[float]:
        ones = {"x": np.ones((10, 100))}
        each = nn.epochs(nn.network(build), ones, nn.GradientDescent(1e-300), size=10, seed=seed)
        return [epoch.history[-1]["loss"] for epoch in islice(each, 20)]

    assert losses(0) == losses(0) != losses(1)
    assert len(set(losses(0))) > 15
    assert np.mean(losses(0)) == pytest.approx(1, abs=0.02)
    assert np.std(losses(0)) == pytest.approx(np.sqrt(0.25 / 0.75 / 1000), rel=0.5)


def test_statistics_are_the_moving_averages_of_the_batches() -> None:
    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        return {"J": nn.half_squares(nn.batch_norm(draft, x, 2), t)}

    mean, variance = np.zeros(2), np.ones(2)
    for batch in nn.minibatches(DATA, 10, seed=6, epochs=2):
        mean = 0.8 * mean + 0.2 * batch["x"].mean(0)
        variance = 0.8 * variance + 0.2 * batch["x"].var(0)
    end = nn.train(nn.network(build), DATA, nn.Adam(), epochs=2, size=10, seed=6, decay=0.8, quiet=True)
    np.testing.assert_allclose(end.statistics["μ1"], mean, rtol=1e-12)
    np.testing.assert_allclose(end.statistics["var1"], variance, rtol=1e-12)


def test_scalar_networks_are_trained_like_any_other() -> None:
    def line(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        y = draft.parameter("w", 0.5) * x + draft.parameter("b", 0.0)
        return {"y": y, "J": np.mean((y - t) ** 2)}

    x = np.linspace(0, 1, 20)
    end = nn.train(nn.network(line), {"x": x, "t": 2 * x - 1}, nn.Adam(0.1), epochs=150, quiet=True)
    assert end.parameters == pytest.approx({"w": 2, "b": -1}, abs=1e-3)
    assert all(type(value) is float for value in end.parameters.values())


def test_a_progress_bar_is_shown_unless_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    trained(1)
    assert capsys.readouterr().err == ""
    trained(1, quiet=False)
    shown = capsys.readouterr().err
    assert "1/1" in shown and "accuracy=" in shown and "held_out=" in shown


def test_divergence_is_an_error_that_says_what_to_do() -> None:
    def steep(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        return {"J": nn.sum_squares(nn.dense(draft, x, 2, 2) ** 3, t)}

    with pytest.raises((FloatingPointError, cg.DomainError), match=r"Lower the learning rate|undefined"):
        nn.train(nn.network(steep), DATA, nn.GradientDescent(50.0), epochs=50, quiet=True)


def test_a_column_that_would_make_a_table_with_the_outputs_is_refused() -> None:
    """(60,) − (60, 1) is 60 × 60: no error in NumPy, and never meant."""

    def line(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        return {"J": nn.half_squares(nn.dense(draft, x, 2, 1), t)}

    with pytest.raises(ValueError, match=r"t and z1 have the shapes \(3,\) and \(3, 1\) .* t\[:, np.newaxis\]"):
        nn.train(nn.network(line), {"x": X, "t": X[:, 0]}, nn.Adam(), epochs=1, quiet=True)
    nn.train(nn.network(line), {"x": X, "t": X[:, :1]}, nn.Adam(), epochs=1, quiet=True)


def test_parameters_with_defaults_are_no_inputs() -> None:
    def line(draft: nn.Draft, x: Any, units: int = 3, *, bias: bool = False) -> dict[str, Any]:
        return {"J": np.sum(nn.dense(draft, x, 2, units, bias=bias))}

    assert nn.network(line).inputs == ("x",)


def of_another_network(path: Path) -> Any:
    trained(1, checkpoint=path / "run.npz")
    line = nn.network(lambda draft, x, t: {"J": nn.half_squares(nn.dense(draft, x, 2, 2), t)})
    return nn.train(line, DATA, nn.Adam(), epochs=2, checkpoint=path / "run.npz", quiet=True)


def of_another_optimizer(path: Path) -> Any:
    trained(1, checkpoint=path / "run.npz")
    return nn.train(nn.network(quadrants), DATA, nn.Momentum(), epochs=2, checkpoint=path / "run.npz", quiet=True)


def of_no_checkpoint(path: Path) -> Any:
    trained(1).save(path / "run.npz")
    return trained(2, checkpoint=path / "run.npz")


def of_another_shape(path: Path) -> Any:
    nn.save(path / "run.npz", {"W1": np.ones((2, 3))})
    return nn.Trained.load(NET, path / "run.npz")


def of_no_file(path: Path) -> Any:
    (path / "run.npz").write_bytes(b"PK not quite")
    return nn.load(path / "run.npz")


NET = nn.network(quadrants)
MISUSES: list[tuple[Callable[[Path], Any], type[Exception], str]] = [
    (
        of_another_network,
        ValueError,
        r"checkpoint of another network: expected 'W1' of the shape \(2, 2\), got \(2, 16",
    ),
    (of_another_optimizer, ValueError, "an update of another optimizer: expected velocity"),
    (of_no_checkpoint, ValueError, "run.npz: expected a checkpoint of training, got other arrays"),
    (of_another_shape, ValueError, r"run.npz: expected 'W1' of the shape \(2, 16\), got the shape \(2, 3\)"),
    (of_no_file, ValueError, "run.npz: expected an .npz file of arrays"),
    (lambda _: nn.save("weights.npy", {}), ValueError, "ends in .npz, got '.npy'"),
    (lambda _: trained(0), ValueError, "epochs: expected a whole number, at least 1, got 0"),
    (lambda _: trained(1, held_out=None), ValueError, "measures are taken of held-out data"),
    (lambda _: trained(1, held_out=None, measures=None, patience=2), ValueError, "patience looks at held-out data"),
    (lambda _: trained(1, measures={"size": lambda z: 0}), ValueError, "the measure size: .* got z. Return it among"),
    (lambda _: nn.epochs(NET, {"x": X}, nn.Adam()), ValueError, "a column for each of x, t, got none for t"),
    (lambda _: list(nn.epochs(NET, {"x": X, "t": T[:5]}, nn.Adam())), ValueError, "in every column, got x 60, t 5"),
    (lambda _: list(nn.epochs(NET, {"x": X[:0], "t": T[:0]}, nn.Adam())), ValueError, "got 'x' without any"),
    (
        lambda _: nn.epochs(NET, {"x": X * np.inf, "t": T}, nn.Adam()),
        ValueError,
        "x: expected finite numbers, got .* in row 0",
    ),
    (lambda _: nn.epochs(NET, {"x": X, "t": ["a"] * 60}, nn.Adam()), ValueError, "t: expected a table of numbers"),
    (
        lambda _: nn.epochs(NET, {"x": X[:, :1], "t": T}, nn.Adam()),
        ValueError,
        r"v1 = x @ W1: .*\(3, 1\) and \(2, 16\)",
    ),
    (lambda _: trained(1)(z=1), TypeError, "expected inputs out of x, t, got z"),
    (lambda _: trained(1)(t=T), TypeError, "expected enough of the inputs x, t for one of the results y, J, got t"),
]


@pytest.mark.parametrize(("misuse", "kind", "message"), MISUSES, ids=[message[:30] for _, _, message in MISUSES])
def test_misuse_says_what_to_do(
    misuse: Callable[[Path], Any], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        misuse(tmp_path)


@pytest.mark.parametrize(
    "loss", ["mean((X*w - y)^2)", np.mean((cg.Variable("X") * cg.Variable("w") - cg.Variable("y")) ** 2)]
)
def test_a_loss_that_takes_the_mean_itself_has_the_whole_batch(loss: Any) -> None:
    data = {"X": np.arange(8.0) / 8, "y": np.arange(8.0) / 4}
    batches = nn.minibatches(data, 4, seed=0, epochs=40)
    end = nn.last(nn.minimize(loss, {"w": 0.0}, nn.GradientDescent(rate=0.5), batches=batches))
    assert end.point["w"] == pytest.approx(2, abs=1e-3)
