"""Graph to graph, one file a pass. `PASSES` is the order they run in."""

from platform_compiler.passes.order import order_components, order_within_components

# order_components looks at the workloads' dependencies, which order_within_components has not crowded yet.
PASSES = (order_components, order_within_components)
