{{ config(tags=["report"]) }}

-- depends_on: {{ source("ledger", "output_expectation_result") }}
-- Of several runs on a day the last one of each gate speaks for it.
with
    result as (
        select *, {{ local_day("as_of_at") }} as score_on
        from {{ ref("int_governance__expectation_result") }}
    ),
    last_run as (
        select score_on, gate, arg_max(run_id, row(known_from, run_id)) as run_id
        from result
        group by score_on, gate
    )
select
    result.project_id,
    result.owner,
    result.score_on,
    count(*) as rule_count,
    count(*) filter (where is_met) as met_count,
    count(*) filter (where not is_met and severity = 'critical') as critical_count,
    cast(sum(weight.severity_weight) as bigint) as weight_sum,
    cast(
        coalesce(sum(weight.severity_weight) filter (where is_met), 0) as bigint
    ) as met_weight_sum,
    cast(met_weight_sum / weight_sum as decimal(6, 4)) as score_ratio,
    max(result.recorded_at) as recorded_at,
    max(result.known_from) as known_from
from result
inner join last_run using (score_on, gate, run_id)
inner join {{ ref("int_governance__severity_weight") }} as weight using (severity)
where result.project_id is not null and result.evaluated_count > 0
group by result.project_id, result.owner, result.score_on
