{{ config(tags=["report"]) }}
-- Every number that a briefing may quote, each with the rows it comes from.
{% set address = {
    "health": "reporting.rpt_portfolio_health",
    "watermelon": "reporting.rpt_watermelon",
    "finding": "reporting.rpt_data_quality",
    "budget": "reporting.rpt_budget_forecast",
    "delivery": "reporting.rpt_delivery_risk",
    "joint": "reporting.rpt_portfolio_forecast",
} %}
{% set counted_measures = [
    ("projects", "projects", "health", "project_id"),
    ("late_projects", "projects", "health", "project_id", "probability_late > 0.5"),
    ("untrusted_projects", "projects", "health", "project_id", "trust_status = 'not_trusted'"),
    ("claimed_green_projects", "projects", "health", "project_id", "claimed_rag = 'green'"),
    ("watermelons", "projects", "watermelon", "project_id", "is_watermelon"),
    ("findings", "findings", "finding", "result_id"),
    ("critical_findings", "findings", "finding", "result_id", "severity = 'critical'"),
    ("over_budget_projects", "projects", "budget", "project_id", "probability_over_budget > 0.5"),
    ("late_issues", "issues", "delivery", "subject_id", "subject_type = 'issue' and probability_late > 0.5"),
    ("short_sprints", "sprints", "delivery", "subject_id", "subject_type = 'sprint' and probability_late > 0.5"),
] %}
{% set summed_measures = [
    ("overrun", "currency", "budget", "project_id", "overrun_amount_p50"),
    ("probability_all_kept", "probability", "joint", "subject_id", "probability_all_kept"),
    ("expected_late_projects", "projects", "joint", "subject_id", "expected_late_count"),
    ("total_slip", "days", "joint", "subject_id", "total_slip_days_p50"),
] %}
{% set project_measures = [
    ("probability_late", "probability", "probability_late"),
    ("slip", "days", "slip_days_p50"),
    ("planned_cost", "currency", "planned_cost_amount"),
    ("risk_exposure", "currency", "risk_exposure_cost_amount"),
    ("open_items", "items", "open_count"),
    ("done_items", "items", "done_count"),
    ("blocked_items", "items", "blocked_count"),
    ("open_risks", "risks", "open_risk_count"),
    ("critical_findings", "findings", "critical_finding_count"),
] %}
{% set budget_measures = [
    ("estimate_at_completion", "estimate_at_completion_amount_p50"),
    ("overrun", "overrun_amount_p50"),
] %}
with
    health as (select * from {{ ref("rpt_portfolio_health") }}),
    watermelon as (select * from {{ ref("rpt_watermelon") }}),
    finding as (select * from {{ ref("rpt_data_quality") }}),
    budget as (select * from {{ ref("rpt_budget_forecast") }} where is_current),
    delivery as (select * from {{ ref("rpt_delivery_risk") }} where is_current),
    joint as (
        select *
        from {{ ref("rpt_portfolio_forecast") }}
        where is_current and subject_type = 'portfolio'
    ),
    whole as (
        {% for fact in counted_measures -%}
            {{ counted_fact(address[fact[2]], *fact) }}
            union all
        {% endfor %}
        {% for fact in summed_measures -%}
            {{ summed_fact(address[fact[2]], *fact) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    each_project as (
        {% for measure, unit, column in project_measures %}
            select
                project_id,
                project_key,
                '{{ measure }}' as measure,
                '{{ unit }}' as unit,
                cast({{ column }} as decimal(18, 4)) as value,
                cast(null as date) as value_on,
                '{{ address.health }}' as source_table,
                case
                    when '{{ unit }}' = 'currency' then currency_code
                end as currency_code
            from health
            union all
        {% endfor %}
        {% for measure, column in budget_measures %}
            select
                project_id,
                project_key,
                '{{ measure }}',
                'currency',
                cast({{ column }} as decimal(18, 4)),
                null,
                'reporting.rpt_budget_forecast',
                reporting_currency_code
            from budget
            union all
        {% endfor %}
        {% for column in ["finish_on_p50", "finish_on_p80", "baseline_on", "promised_on"] %}
            select
                project_id,
                project_key,
                '{{ column | replace("_on", "") }}',
                'date',
                null,
                {{ column }},
                'reporting.rpt_portfolio_health',
                null
            from health
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )
select
    'portfolio/' || measure as fact_id,
    'portfolio' as subject_type,
    'portfolio' as subject_id,
    cast(null as varchar) as subject_key,
    measure,
    value,
    cast(null as date) as value_on,
    unit,
    case when unit = 'currency' then {{ reporting_currency() }} end as currency_code,
    source_table,
    source_key_column,
    source_keys,
    cast({{ as_of() }} as timestamp) as as_of_at
from whole
where value is not null
union all
select
    project_id || '/' || measure,
    'project',
    project_id,
    project_key,
    measure,
    value,
    value_on,
    unit,
    currency_code,
    source_table,
    'project_id',
    cast(to_json([project_id]) as varchar),
    cast({{ as_of() }} as timestamp)
from each_project
where value is not null or value_on is not null
