{# How incremental models know what is new. A model asks itself how far it got, so a failed one catches up alone. #}
{# How far this table got: the last commit it saw, and the `as_of` it last showed. #}
{% macro watermark() -%}
    {%- set has_clock = "as _as_of" in model["raw_code"] -%}
    {%- set last_as_of = "max(_as_of)" if has_clock else "null::timestamp" -%}
    {%- set row = run_query("select max(_commit_seq), " ~ last_as_of ~ " from " ~ this).rows[0] -%}
    {{ return({"commit_seq": row[0] if row[0] is not none else -1, "as_of": row[1] or "0001-01-01 00:00:00"}) }}
{%- endmacro %}

{# The newest commit among the inputs: what the rows written now have taken into account. #}
{% macro tide(relations) -%}
    greatest(
        {%- for relation in relations %}
            (
                select coalesce(max(_commit_seq), 0) from {{ relation }}
            ){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# Narrows a scan to the issues to recompute; a full refresh reads everything without a join. #}
{% macro only_touched(column="issue_id") -%}
    {%- if is_incremental() -%} {{ column }} in (select issue_id from touched)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{# Issues of which one of these tables tells something new: landed since, or dated after what was shown last. Each is #}
{# asked apart: what stands in order of one column is skipped by blocks, which a condition on either cannot.           #}
{% macro changed_issues(mark, clocks) -%}
    {%- for table, clock in clocks.items() %}
        select issue_id
        from {{ ref(table) }}
        where _commit_seq > {{ mark["commit_seq"] }}
        union
        select issue_id
        from {{ ref(table) }}
        where
            {{ clock }} > timestamp '{{ mark["as_of"] }}' {{ "union" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Rows that the table itself has written since: for those that read no history but what another table made of it. #}
{% macro rewritten(mark) -%}
    (_commit_seq > {{ mark["commit_seq"] }} or _as_of > timestamp '{{ mark["as_of"] }}')
{%- endmacro %}
