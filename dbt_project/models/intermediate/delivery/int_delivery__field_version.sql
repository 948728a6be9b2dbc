-- Every content that a field has had, by its id, in the order it reached us; the same
-- content landed again is no new version.
with
    landed as (
        select
            _site as site_id,
            _key as field_id,
            {{ parsed("jira", "field") }} as record,
            _deleted as is_gone,
            _known_at as known_from,
            _sync_id,
            _payload_hash,
            _known_at = min(_known_at) over (partition by _site) as is_first_look
        from {{ source("jira", "field") }}
    ),
    opened as (
        select
            *,
            {{ readable("record.name") }} as field_name,
            coalesce(record.custom, starts_with(field_id, 'customfield_')) as is_custom,
            concat_ws(' of ', record.schema.type, record.schema.items) as value_type,
            record.schema.custom as schema_custom,
            site_id || ':' || record.scope.project.id as project_id
        from landed
    ),
    chained as (
        select
            *,
            row(field_name, value_type, schema_custom, project_id, is_gone) as content,
            lag(row(field_name, value_type, schema_custom, project_id, is_gone)) over (
                partition by site_id, field_id
                order by known_from, _sync_id, is_gone desc, _payload_hash
            ) as content_before
        from opened
    )
select
    site_id || ':' || field_id as field_key,
    site_id,
    field_id,
    field_name,
    is_custom,
    value_type,
    schema_custom,
    project_id,
    is_gone,
    is_first_look,
    row_number() over chain as version_number,
    known_from as valid_from,
    lead(known_from) over chain as valid_to,
    known_from
from chained
where content is distinct from content_before
window
    chain as (
        partition by site_id, field_id
        order by known_from, _sync_id, is_gone desc, _payload_hash
    )
