"""Records TensorFlow's tutorial "Custom training: basics": fixtures/custom_training.json.

    python test/golden/generate_tutorial.py
"""

import os

from common import FIXTURES, encode, np, one_thread, tf, versions, write_lines

TRUE_W, TRUE_B, NUM_EXAMPLES, EPOCHS = 3.0, 2.0, 1000, 10


class Model:
    def __init__(self):
        self.W = tf.Variable(5.0)
        self.b = tf.Variable(0.0)

    def __call__(self, x):
        return self.W * x + self.b


def loss(predicted_y, target_y):
    return tf.reduce_mean(tf.square(predicted_y - target_y))


def train(model, inputs, outputs, learning_rate):
    with tf.GradientTape() as t:
        current_loss = loss(model(inputs), outputs)
    dW, db = t.gradient(current_loss, [model.W, model.b])
    model.W.assign_sub(learning_rate * dW)
    model.b.assign_sub(learning_rate * db)
    return dW, db


def ends(t):
    a = t.numpy()
    return {'first': encode(a[:5])['values'], 'last': encode(a[-5:])['values'], 'sum': float(a.astype(np.float64).sum())}


def run(seed, learning_rate):
    tf.random.set_seed(seed)
    inputs = tf.random.normal(shape=[NUM_EXAMPLES])
    noise = tf.random.normal(shape=[NUM_EXAMPLES])
    outputs = inputs * TRUE_W + TRUE_B + noise
    model = Model()
    printed = ['Current loss: %1.6f' % loss(model(inputs), outputs).numpy()]
    epochs = []
    for epoch in range(EPOCHS):
        W, b = model.W.numpy(), model.b.numpy()
        current_loss = loss(model(inputs), outputs)
        dW, db = train(model, inputs, outputs, learning_rate)
        printed.append('Epoch %2d: W=%1.2f b=%1.2f, loss=%2.5f' % (epoch, W, b, current_loss))
        epochs.append({'W': encode(W), 'b': encode(b), 'loss': encode(current_loss.numpy()), 'dW': encode(dW.numpy()), 'db': encode(db.numpy())})
    final = loss(model(inputs), outputs)
    return {
        'seed': seed, 'learningRate': learning_rate, 'inputs': ends(inputs), 'noise': ends(noise), 'outputs': ends(outputs),
        'printed': printed, 'epochs': epochs,
        'final': {'W': encode(model.W.numpy()), 'b': encode(model.b.numpy()), 'loss': encode(final.numpy())},
    }


def prints():
    """What print() shows of the tensors that the tutorial begins with."""
    x = tf.zeros([10, 10])
    x += 2
    v = tf.Variable(1.0)
    shown = {'tf.zeros([10, 10]) + 2': str(x), 'repr of it': repr(x), 'variable': str(v)}
    v.assign(3.0)
    shown['variable after assign(3.0)'] = str(v)
    shown['tf.square(v)'] = str(tf.square(v))
    shown['model(3.0)'] = str(Model()(3.0))
    return shown


def main():
    one_thread()
    runs = [run(seed, rate) for seed in (1234, 7, 42) for rate in (0.1, 0.01)]
    header = {
        'versions': versions(),
        'constants': {'TRUE_W': TRUE_W, 'TRUE_B': TRUE_B, 'NUM_EXAMPLES': NUM_EXAMPLES, 'W': 5.0, 'b': 0.0, 'epochs': EPOCHS},
        'prints': prints(),
    }
    size = write_lines(os.path.join(FIXTURES, 'custom_training.json'), header, 'runs', runs)
    print('\n'.join(runs[0]['printed']))
    print(f'{len(runs)} runs, {size} bytes')


if __name__ == '__main__':
    main()
