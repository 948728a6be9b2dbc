{{ config(tags=["governance"]) }}

-- Whether a project's figures may be relied on: critical findings and gaps of its
-- sources, weighed by its mode.
-- The output gate judges reporting, which joins this table: only the input gate
-- counts, so no rule waits for itself.
with
    concern as (
        select project_id, rule_id as reason
        from {{ ref("int_governance__expectation_result") }}
        where
            is_current
            and gate = 'input'
            and severity = 'critical'
            and not is_met
            and project_id is not null
        union all
        select
            scope_id,
            'incomplete: '
            || stream
            || ' ('
            || coalesce(nullif(detail, ''), coalesce(missing_count, 0) || ' missing')
            || ')'
        from {{ ref("fct_completeness") }}
        where is_current and completeness_status = 'partial'
    ),
    counted as (
        select
            project_id,
            count(*) as critical_count,
            string_agg(distinct reason, ', ' order by reason) as reasons
        from concern
        group by project_id
    )
select
    project.project_id,
    coalesce(
        project.governance_mode, '{{ var("governance_mode") }}'
    ) as governance_mode,
    case
        when
            coalesce(project.governance_mode, '{{ var("governance_mode") }}')
            in ('{{ var("advising_modes") | join("', '") }}')
        then 'trusted'
        when counted.critical_count > 0
        then 'not_trusted'
        else 'trusted'
    end as trust_status,
    coalesce(counted.critical_count, 0)::bigint as critical_count,
    coalesce(counted.reasons, '') as reasons
from {{ ref("dim_project") }} as project
left join counted using (project_id)
