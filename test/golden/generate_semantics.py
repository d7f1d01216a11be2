"""Records how TensorFlow's tapes, variables and IndexedSlices behave: fixtures/semantics.json.

    python test/golden/generate_semantics.py
"""

import os
import warnings

from common import FIXTURES, encode, encode_error, one_thread, tf, versions, write_lines

import semantics_connectivity
import semantics_derivatives
import semantics_kinks
import semantics_tape
import semantics_variable


def main():
    one_thread()
    warnings.simplefilter('ignore')
    tf.get_logger().setLevel('ERROR')
    cases = {}

    def case(name, what, inputs, f):
        if name in cases:
            raise KeyError(f'two cases are called {name}')
        entry = {'what': what, 'inputs': encode(inputs)}
        try:
            entry['result'] = encode(f())
        except Exception as e:
            entry['error'] = encode_error(e)
        cases[name] = entry

    for part in (semantics_tape, semantics_derivatives, semantics_connectivity, semantics_kinks, semantics_variable):
        part.record(case)
    size = write_lines(os.path.join(FIXTURES, 'semantics.json'), {'versions': versions()}, 'cases', cases)
    print(f'{len(cases)} cases, {size} bytes')


if __name__ == '__main__':
    main()
