"""What the room promises of every calibrator, whoever adds the next one."""

import json

import numpy as np
import pytest
from scipy.special import expit

from tenuto.calibration import CATALOGUE, Calibrator
from tenuto.errors import ContractError, NotEnoughData, UnknownName

EVERYBODY = list(CATALOGUE)
LEARNERS = [name for name in CATALOGUE if CATALOGUE.get(name).Calibrator.least_of_each_class]
every_calibrator = pytest.mark.parametrize("name", EVERYBODY)
every_learner = pytest.mark.parametrize("name", LEARNERS)
#: A single number cannot mend both a level and a slope.
every_shaper = pytest.mark.parametrize(
    "name", [name for name in LEARNERS if CATALOGUE.get(name).Calibrator.n_free > 1]
)
GRID = np.concatenate([[0.0, 1e-9], np.linspace(0.0005, 0.9995, 997), [1 - 1e-9, 1.0]])


def listeners(n=4_000, sharpness=1.0, seed=0):
    """What a model says, too extreme where ``sharpness`` is over 1, and what came."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0, 1.2, n)
    return expit(sharpness * log_odds), (rng.random(n) < expit(log_odds)).astype(int)


def fitted(name, **world):
    return CATALOGUE.get(name).Calibrator().fit(*listeners(**world))


@every_calibrator
def test_it_has_a_name_for_people(name):
    member = CATALOGUE.get(name)

    assert member.LABEL
    assert name != member.LABEL
    assert member.Calibrator.name() == name


@every_calibrator
def test_it_never_turns_two_listeners_round(name):
    # What leaves less often the higher the score must not be learned either.
    p, y = listeners()
    for came in (y, 1 - y):
        calibrated = CATALOGUE.get(name).Calibrator().fit(p, came).apply(GRID)
        assert (np.diff(calibrated) >= -1e-15).all()


@every_calibrator
def test_nothing_is_ever_certain(name):
    calibrated = fitted(name).apply(np.array([0.0, 1.0]))

    assert ((calibrated > 0) & (calibrated < 1)).all()


@every_calibrator
def test_what_is_calibrated_stays_as_it_is_within_noise(name):
    p, _ = listeners()

    assert fitted(name).apply(p) == pytest.approx(p, abs=0.12)
    assert np.abs(fitted(name).apply(p) - p).mean() < 0.03


@every_shaper
def test_what_is_too_sure_becomes_less_so(name):
    sure, _ = listeners(sharpness=2)
    true, _ = listeners(sharpness=1)

    error = np.abs(fitted(name, sharpness=2).apply(sure) - true).mean()

    assert error < 0.03 < np.abs(sure - true).mean()


@every_learner
def test_who_is_said_to_leave_more_often_than_they_do_is_believed_less(name):
    p, y = listeners()
    too_much = expit(np.log(p / (1 - p)) + 1)

    calibrated = CATALOGUE.get(name).Calibrator().fit(too_much, y).apply(too_much)

    assert calibrated.mean() == pytest.approx(y.mean(), abs=0.002)
    assert too_much.mean() > y.mean() + 0.1


@every_calibrator
def test_a_saved_calibrator_answers_exactly_the_same(name):
    calibrator = fitted(name, sharpness=2)

    read_back = Calibrator.from_json(name, json.loads(json.dumps(calibrator.to_json())))

    assert type(read_back) is type(calibrator)
    assert (read_back.apply(GRID) == calibrator.apply(GRID)).all()


@every_calibrator
def test_the_order_of_rows_changes_nothing(name):
    p, y = listeners(sharpness=2)
    shuffle = np.random.default_rng(1).permutation(len(p))

    again = CATALOGUE.get(name).Calibrator().fit(p[shuffle], y[shuffle])

    assert again.to_json() == fitted(name, sharpness=2).to_json()


@every_learner
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_teaches_nothing(name, label):
    p, _ = listeners()

    with pytest.raises(NotEnoughData, match="either kind"):
        CATALOGUE.get(name).Calibrator().fit(p, np.full(len(p), label))


@every_learner
def test_a_score_that_is_the_same_for_everybody_becomes_the_base_rate(name):
    y = np.repeat([0, 1], [3_000, 1_000])

    calibrated = CATALOGUE.get(name).Calibrator().fit(np.full(4_000, 0.6), y).apply([0.6])

    assert calibrated == pytest.approx(0.25, abs=0.001)


@every_calibrator
def test_scores_that_are_no_probabilities_are_refused(name):
    with pytest.raises(ContractError, match="probabilities run from"):
        CATALOGUE.get(name).Calibrator().fit(np.array([-2.0, 3.0]), np.array([0, 1]))
    with pytest.raises(ContractError, match="probabilities run from"):
        fitted(name).apply(np.array([1.5]))


@every_calibrator
def test_spoilt_values_are_refused(name):
    with pytest.raises(ContractError, match="not the values of"):
        Calibrator.from_json(name, {"of_no_meaning": 1.0})


def test_an_unknown_calibrator_is_named():
    with pytest.raises(UnknownName, match="Did you mean 'platt'"):
        Calibrator.from_json("plat", {})
