"""Loads and stores that LLVM may do for many elements at once: what an inner loop over pixels is made of.

LLVM turns a loop with look-ups `table[index[x]]` into vector gathers only if it knows that no store of the loop writes
into the table, and Numba can't tell it. `load` and `store` do: what is read by `load` is never written by a `store` of
the same loop. They don't wrap negative indices around and never check bounds, not even with `NUMBA_BOUNDSCHECK`.
"""

from typing import Any

from numba import types
from numba.core import config as numba_config
from numba.extending import intrinsic


def _plain_load(array: Any, index: Any) -> Any:
    return array[int(index)]


def _plain_store(array: Any, index: Any, value: Any) -> None:
    array[int(index)] = array.dtype.type(value)


def _pointer(context, builder, kind, array, index):
    view = context.make_array(kind)(context, builder, array)
    return builder.gep(view.data, [index], inbounds=True)


def _index(context, builder, value, kind):
    return context.cast(builder, value, kind, types.int64)


def _mark(builder, instruction, tag):
    """Put the instruction into the scope of read tables, or declare that it touches nothing of that scope."""
    module = builder.module
    domain = module.add_metadata(["umwelt lanes"])
    scope = module.add_metadata(["umwelt tables", domain])
    instruction.set_metadata(tag, module.add_metadata([scope]))


@intrinsic
def _load(typing_context, array, index):
    def generate(context, builder, signature, arguments):
        at = _index(context, builder, arguments[1], signature.args[1])
        value = builder.load(_pointer(context, builder, signature.args[0], arguments[0], at))
        _mark(builder, value, "alias.scope")
        return value

    return array.dtype(array, index), generate


@intrinsic
def _store(typing_context, array, index, value):
    def generate(context, builder, signature, arguments):
        kind = signature.args[0]
        at = _index(context, builder, arguments[1], signature.args[1])
        cast = context.cast(builder, arguments[2], signature.args[2], kind.dtype)
        _mark(builder, builder.store(cast, _pointer(context, builder, kind, arguments[0], at)), "noalias")
        return context.get_dummy_value()

    return types.void(array, index, value), generate


_JIT = not getattr(numba_config, "DISABLE_JIT", 0)

load: Any = _load if _JIT else _plain_load
"""`load(array, index)`: the element of a contiguous one-dimensional array that no `store` of the same loop changes."""

store: Any = _store if _JIT else _plain_store
"""`store(array, index, value)`: set an element of a contiguous 1-D array that no `load` of the loop reads."""
