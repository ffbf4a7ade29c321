"""The one table: medians over the repeats, ratios taken within a repeat, then their median."""
import statistics
from collections import defaultdict

P50_MS_MAX, P99_MS_MAX = 10, 50
HEAD = ("workload", "contender", "rows", "wall s", "rows/s", "own CPU s", "servers' CPU s", "peak MiB", "in the same run",
        "target", "met")


def ratio(own, rival, by):
    """As a comparison wants it; both of one repeat."""
    if by == "p50":
        return own.latency_ms[0] / rival.latency_ms[0]
    if by == "cpu":
        return (own.cost.own_cpu_s / own.rows) / (rival.cost.own_cpu_s / rival.rows)
    if by == "memory":
        return own.cost.peak_kib / rival.cost.peak_kib
    own_rate, rival_rate = own.rows / own.cost.wall_s, rival.rows / rival.cost.wall_s
    return own_rate / rival_rate if by == "rate" else rival_rate / own_rate


def ratio_of_repeats(rounds, workload, contender, comparison):
    ratios = []
    for results in rounds:
        by_name = {result.contender: result for result in results if result.workload == workload}
        ratios.append(ratio(by_name[contender], by_name[comparison.rival], comparison.by))
    return statistics.median(ratios)


def comparisons(first):
    comparison = first.comparison
    while comparison:
        yield comparison
        comparison = comparison.also


def row_of(titles, rounds, workload, contender):
    repeats = [r for results in rounds for r in results if (r.workload, r.contender) == (workload, contender)]
    first = repeats[0]

    def median(value):
        return statistics.median(map(value, repeats))

    wall_s, own_s = median(lambda r: r.cost.wall_s), median(lambda r: r.cost.own_cpu_s)
    peak_mib = max(r.cost.peak_kib for r in repeats) / 1024
    measured, wanted, met = [], [], []
    if first.latency_ms:
        p50, p99 = median(lambda r: r.latency_ms[0]), median(lambda r: r.latency_ms[1])
        measured.append(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")
        if first.comparison:
            wanted.append(f"p50 ≤ {P50_MS_MAX} ms, p99 ≤ {P99_MS_MAX} ms")
            met.append(p50 <= P50_MS_MAX and p99 <= P99_MS_MAX)
    for comparison in comparisons(first):
        value, by, target = ratio_of_repeats(rounds, workload, contender, comparison), comparison.by, comparison.target
        measured.append(f"{by} {value:.2f}× {comparison.rival}")
        if target is not None:
            wanted.append(f"{'≥' if by == 'rate' else '≤'} {target}×")
            met.append(value >= target if by == "rate" else value <= target)
    for text, target, kept in repeats[-1].notes:
        if text:
            measured.append(text)
        wanted.append(target)
        met.append(kept)
    if first.memory_mib_max:
        wanted.append(f"≤ {first.memory_mib_max} MiB")
        met.append(peak_mib <= first.memory_mib_max)
    return (titles[workload], contender, f"{first.rows:,}", f"{wall_s:.2f}", f"{first.rows / wall_s:,.0f}",
            f"{own_s:.2f}" if own_s else "–", f"{median(lambda r: r.cost.server_cpu_s):.2f}", f"{peak_mib:.0f}",
            "; ".join(measured), "; ".join(wanted), ("yes" if all(met) else "**no**") if met else "")


def markdown(titles, rounds):
    """`titles` maps workloads to what they are called, `rounds` is a list of the results of each repeat."""
    contenders = defaultdict(set)
    for result in (r for results in rounds for r in results):
        contenders[result.workload].add(result.contender)
    lines = [HEAD, tuple("---" for _ in HEAD)]
    for workload in titles:
        lines += [row_of(titles, rounds, workload, contender) for contender in sorted(contenders[workload])]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
