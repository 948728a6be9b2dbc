{# Tables and views replaced within one transaction. dbt-duckdb builds beside the old one and renames twice, each time   #}
{# by macros of their own, which costs more than most of our tables take to compute. DuckDB shows others the old one     #}
{# until the commit, and keeps it where the new one fails.                                                                #}
{% materialization table, adapter = "duckdb" %}
    {{ return(_replaced("table")) }}
{% endmaterialization %}

{% materialization view, adapter = "duckdb" %}
    {{ return(_replaced("view")) }}
{% endmaterialization %}

{% macro _replaced(kind) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement("main") -%}
        {% if existing is not none -%}
            drop {{ existing.type }} if exists {{ existing }};
        {% endif -%}
        {% if kind == "table" -%} {{ create_table_as(False, target, sql) }}
        {%- else -%} {{ get_create_view_as_sql(target, sql) }}
        {%- endif %}
    {%- endcall %}
    {% do create_indexes(target) if kind == "table" %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmacro %}

{# A contract is compared by two queries a table, which only a change of models can make differ. #}
{% macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- if not var("contracts_hold", false) -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
