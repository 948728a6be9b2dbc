{{ config(tags=["report"]) }}

select
    result.result_id,
    result.rule_id,
    result.severity,
    result.family,
    result.project_id,
    project.project_key,
    result.owner,
    result.failing_count,
    result.failing_keys,
    result.why,
    result.fix,
    result.as_of_at
from {{ ref("fct_expectation_result") }} as result
left join {{ ref("dim_project") }} as project using (project_id)
where result.is_current and not result.is_met
