{{ config(tags=["outlook"]) }}

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
    {{ is_newest_of("said.project_id") }} as is_current
from {{ last_said("budget_forecast", "project_id") }} as said
left join
    {{ ref("int_governance__project_trust") }} as trust
    on trust.project_id = said.project_id
