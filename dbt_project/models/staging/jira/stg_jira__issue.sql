{{ config(materialized="incremental", incremental_strategy="append") }}

-- Every version of every issue that was ever landed; the latest is chosen further on.
-- Each file is read once.
with
    landed as (select * from {{ landed("jira", "issue") }}),
    opened as (
        select
            * exclude (payload),
            {{ parsed("jira", "issue", {"fields": "fields_structure"}) }} as record,
            from_json(payload, '{"fields": "MAP(VARCHAR, JSON)"}').fields as all_fields
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
    coalesce(field.issuetype.subtask, false) as is_subtask,
    field.status.id as status_native_id,
    field.status.name as status,
    field.priority.id as priority_native_id,
    field.priority.name as priority,
    field.resolution.id as resolution_native_id,
    field.resolution.name as resolution,
    field.summary,
    {{ utc("field.created") }} as created_at,
    {{ utc("field.updated") }} as updated_at,
    {{ utc("field.resolutiondate") }} as resolved_at,
    try_cast(field.duedate as date) as due_on,
    field.assignee,
    field.reporter,
    field.creator,
    field.parent,
    field.labels,
    field.fixversions as fix_versions,
    field.components,
    field.issuelinks as issue_links,
    field.timeoriginalestimate as original_estimate_seconds,
    field.timeestimate as remaining_estimate_seconds,
    field.timespent as spent_seconds,
    map_from_entries(
        list_filter(
            map_entries(all_fields),
            lambda entry:starts_with(entry.key, 'customfield_')
            and entry.value <> 'null'
        )
    ) as custom_fields,
    record.changelog.histories as histories,
    _deleted as is_deleted,
    coalesce(_source_updated_at, {{ utc("field.updated") }}, _known_at) as recorded_at,
    _known_at as known_from,
    _sync_id,
    _payload_hash,
    _version_id,
    _commit_seq
from split
