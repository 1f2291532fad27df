import csv
import io
import math

from benchmarks.baker_logs import LOGS, log_lines


def lines(name: str, text: str) -> list[list[str]]:
    return list(log_lines(csv.DictReader(io.StringIO(text)), LOGS[name]))


def test_the_untrained_network_is_dropped_where_there_is_one_value_more_than_epochs() -> None:
    head = "base_model,training_dataset,num_blocks,lr,ss," + ",".join(f"acc_{t}" for t in range(141))
    named, run = lines(
        "resnets-tinyimagenet", head + "\nresnet,tinyimagenet,3,0.1,35000," + ",".join(f"{t / 1000}" for t in range(141)) + "\n"
    )
    assert named == ["run", "hp_num_blocks", "hp_lr", "hp_ss", *(f"val_acc_{t}" for t in range(1, 141))]
    assert run == ["0", "3", "0.1", "35000", *(f"{t / 1000}" for t in range(1, 141))]


def test_a_perplexity_becomes_a_cross_entropy_and_a_blank_stays_one() -> None:
    head = "base_model,training_dataset,n_layer,base_lr," + ",".join(f"ep_{t}" for t in range(60))
    named, run = lines("lstm-ptb", head + "\nlstm,penntreebank,2,0.1,296," + ",".join("" for _ in range(59)) + "\n")
    assert named[:4] == ["run", "hp_n_layer", "hp_lr", "val_loss_1"]
    assert run == ["0", "2", "0.1", repr(math.log(296)), *[""] * 59]


def test_sizes_are_told_as_such() -> None:
    head = "num_params,lr," + ",".join(f"acc_{t}" for t in range(50))
    named, run = lines("resnets-cifar10", head + "\n1000,0.1," + ",".join("0.5" for _ in range(50)) + "\n")
    assert named[:4] == ["run", "n_params", "hp_lr", "val_acc_1"]
    assert run[:4] == ["0", "1000", "0.1", "0.5"]
