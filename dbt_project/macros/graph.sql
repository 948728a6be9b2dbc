{# Who waits for whom, as a graph: its circles, and its longest paths. `edges` has predecessor_id and successor_id; each  #}
{# node is finished with once all before it are (Kahn 1962), so that every edge is looked at once, however many paths     #}
{# lead over it.                                                                                                          #}
{# The nodes that wait for themselves, directly or by others, as (node_id, cycle_id): a cycle is a strongly connected     #}
{# component, named by its least node. What no circle can hold is taken away from both ends first; only among the rest,   #}
{# circles and what lies between two of them, is it asked who reaches whom.                                               #}
{% macro cycles(edges) -%}
    (
        with recursive
            edge as (select predecessor_id, successor_id from {{ edges }}),
            ahead(node_id, waiting)
        using
            key(node_id) as (
                select node_id, cast(sum(waits) as bigint)
                from
                    (
                        select successor_id as node_id, 1 as waits
                        from edge
                        union all
                        select predecessor_id, 0
                        from edge
                    )
                group by node_id
                union
                select edge.successor_id, max(before.waiting) - count(*)
                from ahead
                inner join edge on edge.predecessor_id = ahead.node_id
                inner join
                    recurring.ahead as before on before.node_id = edge.successor_id
                where ahead.waiting = 0
                group by edge.successor_id
            ),
            kept as (
                select edge.*
                from edge
                inner join ahead on ahead.node_id = edge.predecessor_id
                where ahead.waiting > 0
            ),
            behind(node_id, waiting)
        using
            key(node_id) as (
                select node_id, cast(sum(waits) as bigint)
                from
                    (
                        select predecessor_id as node_id, 1 as waits
                        from kept
                        union all
                        select successor_id, 0
                        from kept
                    )
                group by node_id
                union
                select kept.predecessor_id, max(before.waiting) - count(*)
                from behind
                inner join kept on kept.successor_id = behind.node_id
                inner join
                    recurring.behind as before on before.node_id = kept.predecessor_id
                where behind.waiting = 0
                group by kept.predecessor_id
            ),
            core as (
                select kept.*
                from kept
                inner join behind on behind.node_id = kept.successor_id
                where behind.waiting > 0
            ),
            reached as (
                select predecessor_id, successor_id
                from core
                union
                select reached.predecessor_id, core.successor_id
                from reached
                inner join core on core.predecessor_id = reached.successor_id
            )
        select there.predecessor_id as node_id, min(there.successor_id) as cycle_id
        from reached as there
        inner join
            reached as back
            on back.predecessor_id = there.successor_id
            and back.successor_id = there.predecessor_id
        group by there.predecessor_id
    )
{%- endmacro %}

{# Per node of `nodes` (node_id, least) the greatest of its own least value and, over all edges (with weight) that lead  #}
{# to it, the predecessor's value plus weight, as (node_id, reached). There must be no circle. Measured from the finish   #}
{# with edges turned round and signs changed, the same is the backward pass.                                              #}
{% macro longest_paths(nodes, edges) -%}
    (
        with recursive
            edge as (select predecessor_id, successor_id, weight from {{ edges }}),
            waits as (
                select successor_id as node_id, count(*) as waiting
                from edge
                group by successor_id
            ),
            pass(node_id, waiting, reached)
        using
            key(node_id) as (
                select
                    node.node_id, coalesce(waits.waiting, 0), cast(node.least as bigint)
                from {{ nodes }} as node
                left join waits using (node_id)
                union
                select
                    edge.successor_id,
                    max(before.waiting) - count(*),
                    cast(
                        greatest(
                            max(before.reached), max(pass.reached + edge.weight)
                        ) as bigint
                    )
                from pass
                inner join edge on edge.predecessor_id = pass.node_id
                inner join
                    recurring.pass as before on before.node_id = edge.successor_id
                where pass.waiting = 0
                group by edge.successor_id
            )
        select node_id, reached
        from pass
    )
{%- endmacro %}
