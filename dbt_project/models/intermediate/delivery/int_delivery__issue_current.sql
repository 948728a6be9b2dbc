{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}
{% set roles = ["story_points", "sprint", "epic_link", "epic_name", "flagged", "team"] %}

-- The newest content of every issue by the source's clock, whatever order its
-- versions arrived in.
-- Deletion goes by the order of observation: an issue seen again after its tombstone
-- exists again.
with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("stg_jira__issue") }}
            where _commit_seq > {{ mark["commit_seq"] }}
            union
            select issue_id
            from {{ ref("stg_jira__issue") }}
            where
                site_id in (
                    select site_id
                    from {{ ref("int_delivery__field_role") }}
                    where _commit_seq > {{ mark["commit_seq"] }}
                )
        ),
    {% endif %}
    content as (
        select
            issue_id,
            _payload_hash,
            is_deleted,
            min(known_from) as known_from,
            max(row(known_from, _sync_id)) as last_seen,
            max(recorded_at) as recorded_at,
            min(_version_id) as _version_id
        from {{ ref("stg_jira__issue") }}
        where {{ only_touched() }}
        group by all
    ),
    chosen as (
        select
            issue_id,
            arg_max(_version_id, row(recorded_at, last_seen, _payload_hash)) filter (
                not is_deleted
            ) as _version_id,
            arg_max(known_from, row(recorded_at, last_seen, _payload_hash)) filter (
                not is_deleted
            ) as known_from,
            min(known_from) filter (not is_deleted) as first_known_from,
            arg_max(is_deleted, row(last_seen, is_deleted)) as is_deleted,
            arg_max(recorded_at, row(last_seen, is_deleted)) as last_recorded_at
        from content
        group by issue_id
    ),
    opened as (
        select
            version.* exclude (
                histories, is_deleted, known_from, recorded_at, _commit_seq
            )
            -- an issue whose own time of creation cannot be read is still an issue
            replace (coalesce(version.created_at, version.recorded_at) as created_at),
            chosen.known_from,
            chosen.first_known_from,
            chosen.is_deleted,
            case when chosen.is_deleted then chosen.last_recorded_at end as deleted_at
        from chosen
        inner join
            {{ ref("stg_jira__issue") }} as version
            on version.issue_id = chosen.issue_id
            and version._version_id = chosen._version_id
    ),
    fielded as (
        select
            opened.*,
            {% for role in roles -%}
                list_filter(
                    role.{{ role }}_field_ids,
                    lambda field_id:opened.other_fields[field_id] is not null
                )[1] as {{ role }}_field_id,
            {% endfor -%}
        from opened
        left join
            {{ ref("int_delivery__field_role") }} as role
            on role.site_id = opened.site_id
    )
select
    * exclude (other_fields) replace (
        -- Data Center tells no levels: an epic is what has an epic's name
        if(
            not has_hierarchy_level
            and not is_subtask
            and epic_name_field_id is not null,
            1,
            hierarchy_level
        ) as hierarchy_level
    ),
    try_cast(
        other_fields[story_points_field_id] ->> '$' as decimal(10, 2)
    ) as story_points,
    {{ sprints("other_fields[sprint_field_id]") }} as sprints,
    other_fields[epic_link_field_id] ->> '$' as epic_link_key,
    coalesce(other_fields[flagged_field_id] not in ('[]', '""'), false) as is_flagged,
    other_fields[team_field_id] ->> '$.id' as team_native_id,
    {{ readable(label_of("other_fields[team_field_id]")) }} as team_name,
    {{ tide([ref("stg_jira__issue"), ref("int_delivery__field_role")]) }} as _commit_seq
from fielded
