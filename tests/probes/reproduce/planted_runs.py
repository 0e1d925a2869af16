"""What trainings would say if the embedding's invariance were as planted."""

from probes.reproduce.networks import ARCHITECTURES, EMBEDDING
from probes.reproduce.pictures import VARIED
from probes.reproduce.trainings import ARMS, Training

OBJECTS = [f"object{k}" for k in range(10)]


def measured(score):
    return {"score": score, "kind": "similarity", "chance": 0.0, "n": 80, "interval": [score - 0.1, score + 0.1]}


def planted(invariance, seeds=3, spread=0.01):
    """`invariance(architecture, arm, factor)`, with `spread` between seeds and between objects."""
    runs = {}
    for architecture in ARCHITECTURES:
        for arm in ARMS:
            for seed in range(seeds):
                factors = {}
                for factor in VARIED:
                    r = invariance(architecture, arm, factor) + spread * (seed - 1) * (arm == VARIED[factor])
                    value = {"accuracy": measured(0.5), "invariance": measured(r), "equivariance": measured(0.2)}
                    factors[factor] = {
                        "values": {"0.5": value, "45": value},
                        "layers": {"first": 0.3, EMBEDDING: r},
                        "without": {name: r + spread * (k % 2) / 9 for k, name in enumerate(OBJECTS)},
                    }
                runs[Training(architecture, arm, seed)] = {
                    "accuracy_trained": 1.0,
                    "accuracy_at_base": measured(0.9),
                    "factors": factors,
                }
    return runs
