"""scikit-learn's MLPClassifier and MLPRegressor on the rows that adjoint-journeys has written.

  python sklearn_journeys.py FOLDER        FOLDER as adjoint-journeys --splits FOLDER fills it

Prints one JSON object a run. The networks have the same layers, activation, batch size, first rate of Adam and number of
epochs. Adam's rate is constant there (scikit-learn has schedules for SGD only) and there is no dropout. Its stopping rule is
off (tol = 0 and as much patience as there are epochs), so that both pass over the rows equally often. Its
penalty of a batch of n rows is alpha / (2n) times the sum of squares, so alpha is 2n λ. Everything else is at its default. float32, as in Adjoint.
"""
import json
import os
import sys
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

ACTIVATIONS = {"sigmoid": "logistic"}
METRICS = {"accuracy": accuracy_score, "meanSquaredError": mean_squared_error, "rSquared": r2_score}


def run(spec, arrays, seed):
    x, y = arrays["x"].astype("f4"), arrays["y"].ravel()
    train, test = arrays[f"train_{seed}"], arrays[f"test_{seed}"]
    x_train, x_test = x[train], x[test]
    if spec["isStandardized"]:
        scaler = StandardScaler().fit(x_train)
        x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)
    make = MLPRegressor if spec["isRegression"] else MLPClassifier
    model = make(
        hidden_layer_sizes=spec["hidden"], activation=ACTIVATIONS.get(spec["activation"], spec["activation"]),
        learning_rate_init=spec["rate"], alpha=2 * spec["l2"] * spec["batch"], batch_size=spec["batch"],
        max_iter=spec["epochs"], n_iter_no_change=spec["epochs"], tol=0, random_state=seed)
    start = time.perf_counter()
    model.fit(x_train, y[train])
    seconds = time.perf_counter() - start
    predicted = model.predict(x_test)
    metrics = {name: float(METRICS[name](y[test], predicted)) for name in spec["metrics"]}
    return dict(system="scikit-learn", journey=spec["journey"], seed=seed, metrics=metrics, seconds=seconds)


def main(folder):
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    with open(os.path.join(folder, "journeys.json")) as file:
        specs = json.load(file)
    for spec in specs:
        arrays = np.load(os.path.join(folder, spec["journey"] + ".npz"))
        for seed in spec["seeds"]:
            print(json.dumps(run(spec, arrays, seed)), flush=True)
        print(f"scikit-learn: {spec['journey']}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
