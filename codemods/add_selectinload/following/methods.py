"""What the methods of statements, queries and results give. Those of SQLAlchemy 1.4, 2.0 and 2.1, and of extensions."""

from __future__ import annotations

from .states import Shape, State

# What gives a statement or a query back.
CHAINED = frozenset(
    [
        "where",
        "filter",
        "filter_by",
        "order_by",
        "limit",
        "offset",
        "distinct",
        "join",
        "outerjoin",
        "join_from",
        "outerjoin_from",
        "group_by",
        "having",
        "with_for_update",
        "execution_options",
        "select_from",
        "correlate",
        "correlate_except",
        "prefix_with",
        "suffix_with",
        "with_hint",
        "fetch",
        "params",
        "slice",
        "options",
        "populate_existing",
        "yield_per",
        "enable_eagerloads",
        "enable_assertions",
        "reset_joinpoint",
        "autoflush",
        "set_label_style",
        "with_statement_hint",
        "from_statement",
    ]
)
# What a row is, or whether it can be locked, depends on what a query of these joins; a text joins nothing.
UNJOINABLE = frozenset({"with_for_update", "distinct", "group_by", "having", "from_statement"})
_FROM_QUERY = {
    "all": Shape.ROWS,
    "first": Shape.ROW,
    "one": Shape.ROW,
    "one_or_none": Shape.ROW,
    "get": Shape.ROW,
    "scalar": Shape.ROW,
    "first_or_404": Shape.ROW,
    "one_or_404": Shape.ROW,
    "get_or_404": Shape.ROW,
    "paginate": Shape.PAGE,
}
_FROM_RESULT = {
    "unique": Shape.RESULT,
    "yield_per": Shape.RESULT,
    "tuples": Shape.RESULT,
    "scalars": Shape.ROWS,
    "all": Shape.TUPLES,
    "fetchall": Shape.TUPLES,
    "fetchmany": Shape.TUPLES,
    "first": Shape.TUPLE,
    "one": Shape.TUPLE,
    "one_or_none": Shape.TUPLE,
    "fetchone": Shape.TUPLE,
    "scalar": Shape.ROW,
    "scalar_one": Shape.ROW,
    "scalar_one_or_none": Shape.ROW,
}
_FROM_ROWS = {
    "all": Shape.ROWS,
    "fetchall": Shape.ROWS,
    "fetchmany": Shape.ROWS,
    "unique": Shape.ROWS,
    "yield_per": Shape.ROWS,
    "copy": Shape.ROWS,
    "first": Shape.ROW,
    "one": Shape.ROW,
    "one_or_none": Shape.ROW,
    "pop": Shape.ROW,
}
_FROM_KEYED = {"get": Shape.ROW, "pop": Shape.ROW, "values": Shape.ROWS}
_FROM_TUPLES = {"copy": Shape.TUPLES, "pop": Shape.TUPLE}
_BY_SHAPE = {
    Shape.QUERY: _FROM_QUERY,
    Shape.RESULT: _FROM_RESULT,
    Shape.ROWS: _FROM_ROWS,
    Shape.TUPLES: _FROM_TUPLES,
    Shape.KEYED: _FROM_KEYED,
}
# By the last word of a function that is given a statement.
_EXECUTED = {
    "execute": Shape.RESULT,
    "stream": Shape.RESULT,
    "scalars": Shape.ROWS,
    "stream_scalars": Shape.ROWS,
    "scalar": Shape.ROW,
    "exec": Shape.ROWS,
    "paginate": Shape.PAGE,
    "first_or_404": Shape.ROW,
    "one_or_404": Shape.ROW,
}
EXECUTORS = frozenset(_EXECUTED)
# The filter of a query for one row.
ONE = "limit(1)"
_SAME = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deque"})
_LISTED = {Shape.QUERY: Shape.ROWS, Shape.RESULT: Shape.TUPLES, Shape.PAGE: Shape.ROWS}
_EACH = {
    Shape.ROWS: Shape.ROW,
    Shape.QUERY: Shape.ROW,
    Shape.PAGE: Shape.ROW,
    Shape.TUPLES: Shape.TUPLE,
    Shape.RESULT: Shape.TUPLE,
}


def called(state: State, method: str) -> State | None:
    """Return what a method of `state` gives; None for what holds no rows."""
    if state.shape in (Shape.STATEMENT, Shape.QUERY) and method in CHAINED:
        return state
    shape = _BY_SHAPE.get(state.shape, {}).get(method)
    found = _shaped(state, shape) if shape is not None else None
    if state.shape is Shape.KEYED and found is not None:  # who keeps rows by keys asks for many of them
        return found._replace(is_many=True)
    return found


def executed(state: State, word: str) -> State | None:
    """Return what a session's method gives for a statement or a query."""
    if state.shape not in (Shape.STATEMENT, Shape.QUERY) or word not in _EXECUTED:
        return None
    is_alone = state.root is None or len(state.root.slots) < 2
    shape = _EXECUTED[word] if word != "exec" or is_alone else Shape.TUPLES
    return _shaped(state._replace(shape=Shape.STATEMENT), shape)


def collected(state: State, word: str) -> State | None:
    """Return what a built-in function that takes rows one by one gives."""
    listed = _shaped(state, _LISTED.get(state.shape, state.shape))
    if word in _SAME or listed is None:
        return listed
    item = each(listed) if word in ("next", "min", "max") else None
    return item._replace(is_many=state.is_many) if item is not None else None


def each(state: State) -> State | None:
    """Return what a loop over `state` gives."""
    shape = _EACH.get(state.shape)
    item = _shaped(state, shape) if shape is not None else None
    is_one = ONE in state.filters and not state.hops
    return item._replace(is_many=item.is_many or not is_one) if item is not None else None


def at(state: State, index: int | None) -> State | None:
    """Return an item: of a row of several entities the one at `index`, else one of the rows."""
    if state.shape is Shape.TUPLE:
        return in_slot(state, index) if index is not None else None
    if state.shape is Shape.KEYED:
        return state._replace(shape=Shape.ROW, is_many=True)
    shape = _EACH.get(state.shape) if state.shape is not Shape.RESULT else None
    return _shaped(state, shape) if shape is not None else None


def in_slot(state: State, index: int) -> State | None:
    """Return the entity at a place of a row of several."""
    slots = state.root.slots if state.root is not None else ()
    if not -len(slots) <= index < len(slots) or (slot := slots[index]) is None:
        return None
    return state._replace(shape=Shape.ROW, slot=index % len(slots), entity=slot.entity)


def _shaped(state: State, shape: Shape) -> State | None:
    """Return `state` in another shape: of several entities a query gives tuples, and only the first to `scalars`."""
    slots = state.root.slots if state.root is not None else ()
    is_alone = len(slots) < 2 or bool(state.hops)
    if state.shape is Shape.QUERY and not is_alone:
        shape = {Shape.ROW: Shape.TUPLE, Shape.ROWS: Shape.TUPLES}.get(shape, shape)
    return state._replace(shape=shape) if _is_entity(state, shape) else None


def _is_entity(state: State, shape: Shape) -> bool:
    """Tell whether rows of that shape are whole entities; of tuples that is asked of each item later."""
    if shape not in (Shape.ROW, Shape.ROWS, Shape.PAGE) or state.hops or state.root is None:
        return True
    return bool(state.root.slots) and state.root.slots[state.slot] is not None
