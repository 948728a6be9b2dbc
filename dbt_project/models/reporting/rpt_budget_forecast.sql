{{ config(tags=["outlook"]) }}

with
    said as (
        select *
        from {{ source("ledger", "budget_forecast") }}
        qualify
            row_number() over (
                partition by project_id, as_of_on, model_id
                order by known_from desc, inputs_hash, seed
            )
            = 1
    )
select
    said.project_id,
    said.project_key,
    said.as_of_on,
    said.model_id,
    said.model_version,
    said.forecast_status,
    said.reporting_currency_code,
    said.budget_at_completion_amount,
    said.actual_cost_amount,
    said.percent_complete,
    said.cost_performance_index,
    said.estimate_at_completion_amount_p10,
    said.estimate_at_completion_amount_p50,
    said.estimate_at_completion_amount_p80,
    said.estimate_at_completion_amount_p95,
    said.overrun_amount_p50,
    said.probability_over_budget,
    said.history_weeks,
    said.drivers,
    said.seed,
    said.inputs_hash,
    said.known_from,
    said.sentence,
    coalesce(trust.trust_status, 'not_trusted') as trust_status,
    row_number() over (
        partition by said.project_id
        order by
            said.as_of_on <= {{ local_day(as_of()) }} desc,
            said.as_of_on desc,
            said.known_from desc,
            said.model_id
    )
    = 1
    and said.as_of_on <= {{ local_day(as_of()) }} as is_current
from said
left join
    {{ ref("int_governance__project_trust") }} as trust
    on trust.project_id = said.project_id
