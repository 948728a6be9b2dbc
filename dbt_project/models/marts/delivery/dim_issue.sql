-- depends_on: {{ ref("int_delivery__issue_link") }}
{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}
{% set standing = issue_standing("(select issue_id from touched)") if is_incremental() else ref("int_delivery__issue_standing") %}

with
    {% if is_incremental() %}
        changed as (
            {{ changed_issues(mark, {"int_delivery__issue_current": "updated_at", "fct_issue_status_interval": "recorded_at"}) }}
            union
            select issue_id
            from {{ ref("int_delivery__issue_current") }}
            where
                deleted_at > timestamp '{{ mark["as_of"] }}'
                or project_id in (
                    select project_id
                    from {{ ref("stg_jira__project") }}
                    where _commit_seq > {{ mark["commit_seq"] }}
                )
        ),
        -- its relatives too, those it has and those it was last shown with
        touched as (
            select issue_id
            from changed
            union
            {{ relatives_of("(select issue_id from changed)") }}
            union
            select parent_issue_id
            from {{ this }}
            where issue_id in (select issue_id from changed)
            union
            select issue_id
            from {{ this }}
            where
                parent_issue_id in (select issue_id from changed)
                or epic_id in (select issue_id from changed)
        ),
    {% endif %}
    flow as (
        select
            issue_id,
            arg_max_null(status_id, _position) as status_id,
            arg_max_null(status, _position) as status,
            arg_max(status_category, _position) as status_category,
            min(valid_from) filter (
                where status_category = 'in_progress'
            ) as started_at,
            max(valid_from) filter (
                where status_category = 'done' and _previous_category <> 'done'
            ) as done_at
        from {{ ref("fct_issue_status_interval") }}
        where {{ only_touched() }}
        group by issue_id
    ),
    issue as (
        select
            held.* replace (
                -- history counts where the issue has changed since `as_of`, its
                -- present content where not
                {% for column in ["summary", "priority", "resolution", "due_on", "story_points", "is_flagged"] -%}
                    if(
                        held.updated_at > {{ as_of() }},
                        past.{{ column }},
                        held.{{ column }}
                    ) as {{ column }},
                {% endfor -%}
                if(
                    held.updated_at > {{ as_of() }}, past.resolved_at, held.resolved_at
                ) as resolved_at,
                if(
                    held.updated_at > {{ as_of() }}, past.updated_at, held.updated_at
                ) as updated_at,
                held.is_deleted and held.deleted_at <= {{ as_of() }} as is_deleted
            ),
            if(
                held.updated_at > {{ as_of() }},
                past.assignee_id,
                held.site_id || ':' || held.assignee.account_id
            ) as assignee_id,
            if(
                held.updated_at > {{ as_of() }},
                past.parent_issue_id,
                above.parent_issue_id
            ) as parent_issue_id,
            above.epic_id
        from
            -- within, so that the few are found before they are joined
            (
                select *
                from {{ ref("int_delivery__issue_current") }}
                where created_at <= {{ as_of() }} and {{ only_touched() }}
            ) as held
        left join {{ ref("int_delivery__issue_rewound") }} as past using (issue_id)
        left join {{ ref("int_delivery__issue_parent") }} as above using (issue_id)
    )
select
    issue.issue_id,
    issue.site_id,
    issue.native_id,
    issue.issue_key,
    issue.project_id,
    coalesce(project.project_key, split_part(issue.issue_key, '-', 1)) as project_key,
    issue.issue_type,
    issue.hierarchy_level,
    issue.is_subtask,
    issue.hierarchy_level < 1 and not coalesce(standing.has_children, false) as is_leaf,
    issue.epic_id,
    flow.status_id,
    flow.status,
    flow.status_category,
    issue.priority,
    issue.resolution,
    flow.status_category = 'done' and cancelled.resolution is not null as is_cancelled,
    issue.summary,
    issue.created_at,
    issue.updated_at,
    flow.started_at,
    issue.resolved_at,
    case when flow.status_category = 'done' then flow.done_at end as done_at,
    issue.due_on,
    issue.story_points,
    issue.assignee_id,
    issue.site_id || ':' || issue.reporter.account_id as reporter_id,
    issue.parent_issue_id,
    flow.status_category <> 'done'
    and (issue.is_flagged or coalesce(standing.is_waiting, false)) as is_blocked,
    issue.is_deleted,
    issue.updated_at as recorded_at,
    issue.known_from,
    {{ tide([ref("int_delivery__issue_current"), ref("fct_issue_status_interval"), ref("stg_jira__project")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of
from issue
inner join flow using (issue_id)
left join {{ standing }} as standing using (issue_id)
left join
    {{ ref("stg_jira__project") }} as project on project.project_id = issue.project_id
left join
    {{ ref("cancelled_resolution_default") }} as cancelled
    on cancelled.resolution = lower(issue.resolution)
