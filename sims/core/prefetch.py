"""Asks the processor to fetch an array's element before it is needed."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core import config as numba_config
from numba.extending import intrinsic


def _do_nothing(array: Any, index: Any) -> None:
    """With the JIT off there is no cache to speak of."""


@intrinsic
def _prefetch(typing_context, array, index):
    """LLVM's `prefetch` of a one-dimensional array's element; an index outside is harmless, nothing is read."""

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        offset = context.cast(builder, arguments[1], signature.args[1], types.intp)
        pointer = builder.bitcast(builder.gep(view.data, [offset]), cgutils.voidptr_t)
        integer = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, integer, integer, integer])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, integer(0), integer(3), integer(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = _do_nothing if getattr(numba_config, "DISABLE_JIT", 0) else _prefetch
"""`prefetch(array, index)` in a kernel: begin to bring `array[index]` into the cache; changes no result."""
