"""``python -m nasbench_lc`` is ``nasbench-lc``."""

from nasbench_lc.cli import main

main()
