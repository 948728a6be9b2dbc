{{ config(materialized="incremental", incremental_strategy="append") }}

-- Every version of every issue that was ever landed; the latest is chosen further on.
-- Each file is read once.
with
    landed as (select * from {{ landed("jira", "issue") }}),
    opened as (
        select
            * exclude (payload),
            {{ parsed("jira", "issue", {"fields": "fields_structure"}) }} as record,
            json_transform(payload, '{"fields": "MAP(VARCHAR, JSON)"}').fields as fields
        from landed
    ),
    split as (select *, record.fields as field from opened)
select
    _site || ':' || _key as issue_id,
    _site as site_id,
    _key as native_id,
    record.key as issue_key,
    _site || ':' || field.project.id as project_id,
    field.issuetype.id as issue_type_id,
    field.issuetype.name as issue_type,
    coalesce(
        field.issuetype.hierarchylevel, if(field.issuetype.subtask, -1, 0)
    ) as hierarchy_level,
    field.issuetype.hierarchylevel is not null as has_hierarchy_level,
    coalesce(field.issuetype.subtask, false) as is_subtask,
    field.status.id as status_native_id,
    field.status.name as status,
    field.priority.id as priority_native_id,
    field.priority.name as priority,
    field.resolution.id as resolution_native_id,
    field.resolution.name as resolution,
    {{ readable("field.summary") }} as summary,
    {{ utc("field.created") }} as created_at,
    {{ utc("field.updated") }} as updated_at,
    {{ utc("field.resolutiondate") }} as resolved_at,
    {{ day("field.duedate") }} as due_on,
    {{ person("field.assignee") }} as assignee,
    {{ person("field.reporter") }} as reporter,
    {{ person("field.creator") }} as creator,
    field.parent,
    field.labels,
    field.fixversions as fix_versions,
    field.components,
    field.versions as affects_versions,
    field.issuelinks as issue_links,
    field.subtasks,
    field.comment as comment_list,
    field.attachment as attachments,
    field.watches.watchcount as watch_count,
    field.timeoriginalestimate as original_estimate_seconds,
    field.timeestimate as remaining_estimate_seconds,
    field.timespent as spent_seconds,
    map_from_entries(
        list_filter(
            map_entries(fields),
            lambda entry:entry.value not in ('null', '[]', '{}', '""')
            and entry.key not in {{ opened_fields() }}
        )
    ) as other_fields,
    record.changelog.histories as histories,
    _deleted as is_deleted,
    coalesce(_source_updated_at, {{ utc("field.updated") }}, _known_at) as recorded_at,
    _known_at as known_from,
    _sync_id,
    _payload_hash,
    _version_id,
    _commit_seq
from split
