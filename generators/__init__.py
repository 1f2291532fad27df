"""From a configuration to learning curves: tasks, spaces, training kernels, plans, pools."""
