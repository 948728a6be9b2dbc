{# The columns that a table with one column a field has now: name, kind (number, moment or text) and the fields in it.   #}
{# Named after the field in small letters. Fields that can never meet on one issue share a column: those of other sites,  #}
{# and those that one team-managed project has for itself. Where two can meet, each bears its number too, so that none    #}
{# takes the other's place when it comes or goes; a project's own beside one that is everywhere ends in `_of_project`.    #}
{% macro wide_columns(values, fields, taken) -%}
    {%- if not execute or not load_relation(values) or not load_relation(fields) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        with
            used as (
                select
                    field_key,
                    min(field_id) as field_id,
                    count(*) filter (where quarantine_reason is null) as held,
                    count(number_value) as numbers,
                    count(value_at) as moments
                from {{ values }}
                group by field_key
            ),
            known as (
                select
                    field_key,
                    coalesce(field.field_id, used.field_id) as field_id,
                    split_part(field_key, ':', 1) as site_id,
                    field.project_id,
                    trim(
                        regexp_replace(
                            lower(strip_accents(coalesce(field.field_name, used.field_id))),
                            '[^\p{L}\p{N}]+',
                            '_',
                            'g'
                        ),
                        '_'
                    ) as slug,
                    coalesce(held, 0) as held,
                    case
                        when numbers = held then 'number' when moments = held then 'moment' else 'text'
                    end as kind
                from {{ fields }} as field
                full join used using (field_key)
            ),
            placed as (
                select
                    *,
                    coalesce(nullif(regexp_extract(field_id, '\d+$'), ''), field_id) as number,
                    count(*) over (partition by site_id, slug, project_id) > 1
                    or slug in ('', '{{ taken | join("', '") }}') as is_shared,
                    bool_or(project_id is null) over (partition by site_id, slug) as is_everywhere
                from known
            ),
            named as (
                select
                    *,
                    concat_ws(
                        '_',
                        nullif(slug, ''),
                        if(is_shared, number, null),
                        if(project_id is not null and is_everywhere, 'of_project', null)
                    ) as name
                from placed
            ),
            told as (
                select
                    * replace (
                        -- another field's whole name, by accident
                        if(
                            min(slug) over (partition by name) <> max(slug) over (partition by name),
                            concat_ws('_', name, site_id, field_id),
                            name
                        ) as name
                    )
                from named
            )
        select
            name,
            if(min(kind) = max(kind), min(kind), 'text') as kind,
            string_agg(concat('''', replace(field_key, '''', ''''''), ''''), ', ' order by field_key) as field_keys
        from told
        where held > 0
        group by name
        order by name
    {%- endset -%}
    {{ return(run_query(query).rows) }}
{%- endmacro %}

{# A field's value as the kind of its column. #}
{% macro wide_value(kind) -%}
    {%- if kind == "number" -%} number_value
    {%- elif kind == "moment" -%} value_at
    {%- else -%}
        coalesce(
            text_value,
            regexp_replace(number_value::varchar, '\.?0+$', ''),
            value_at::varchar,
            if(quarantine_reason is null, json_value, null)
        )
    {%- endif -%}
{%- endmacro %}
