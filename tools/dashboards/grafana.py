"""Writes dashboards in the format of Grafana 11."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboards.parts import Dashboard, Look, Panel, Query, Variable

SCHEMA_VERSION = 39
"""That of Grafana 11.0; later ones read it too."""

COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Whatever Prometheus is chosen at the top: no dashboard knows the uid of one."""

Object = dict[str, Any]


def text(dashboard: Dashboard) -> str:
    """Return the file of a dashboard."""
    return json.dumps(as_object(dashboard), indent=1) + "\n"


def as_object(dashboard: Dashboard) -> Object:
    """Return a dashboard as Grafana's JSON has it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.meaning,
        "tags": ["fairlead"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [_link_to_the_others()],
        "templating": {"list": [_source(), *(_variable(one) for one in dashboard.variables)]},
        "panels": list(_panels(dashboard)),
    }


def _link_to_the_others() -> Object:
    return {
        "type": "dashboards",
        "title": "Fairlead",
        "tags": ["fairlead"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
    }


# --- variables -----------------------------------------------------------------------


def _source() -> Object:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "options": [],
        "current": {},
    }


def _variable(variable: Variable) -> Object:
    question = f"label_values({variable.selector}, {variable.label})"
    common: Object = {
        "name": variable.name,
        "label": variable.title,
        "type": "query",
        "datasource": SOURCE,
        "definition": question,
        "query": {"query": question, "refId": variable.name},
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "hide": 0,
        "options": [],
    }
    if not variable.every:
        return common | {"multi": False, "includeAll": False, "current": {}}
    chosen = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return common | {"multi": True, "includeAll": True, "allValue": ".*", "current": chosen}


# --- panels --------------------------------------------------------------------------


def _panels(dashboard: Dashboard) -> Iterator[Object]:
    number, top = 1, 0
    for row in dashboard.rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
            "panels": [],
        }
        number, top = number + 1, top + 1
        left = lowest = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                left, top = 0, top + lowest
                lowest = 0
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield _panel(panel) | {"id": number, "gridPos": place}
            number, left, lowest = number + 1, left + panel.width, max(lowest, panel.height)
        top += lowest


def _panel(panel: Panel) -> Object:
    defaults: Object = {
        "unit": panel.unit,
        "thresholds": _thresholds(panel),
        "color": {"mode": _color_mode(panel)},
        "custom": _custom(panel),
    }
    if panel.look in (Look.LINES, Look.BARS):
        defaults["min"] = 0
    if panel.most is not None:
        defaults["max"] = panel.most
    made: Object = {
        "type": panel.look.value,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": list(_overrides(panel))},
        "options": _options(panel),
        "targets": [_target(panel, place, query) for place, query in enumerate(panel.queries)],
    }
    if panel.look is Look.TABLE:
        made["transformations"] = _joined(panel)
    return made


def _thresholds(panel: Panel) -> Object:
    steps: list[Object] = [{"color": "green", "value": None}]
    steps += [{"color": color, "value": value} for value, color in panel.steps]
    return {"mode": "absolute", "steps": steps}


def _color_mode(panel: Panel) -> str:
    return "palette-classic" if panel.look in (Look.LINES, Look.HEAT) else "thresholds"


def _custom(panel: Panel) -> Object:
    if panel.look is Look.LINES:
        return {
            "drawStyle": "line",
            "lineInterpolation": "linear",
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stacked else 0,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
        }
    if panel.look is Look.TABLE:
        return {"align": "auto", "filterable": False}
    return {}


def _overrides(panel: Panel) -> Iterator[Object]:
    for name, color in panel.colors.items():
        yield _override(name, "color", {"mode": "fixed", "fixedColor": color})
    if panel.look is not Look.TABLE:
        return
    for query in panel.queries:
        if query.unit:
            yield _override(query.legend, "unit", query.unit)
    if panel.links:
        column, uid = panel.links
        url = f"/d/{uid}?${{datasource:queryparam}}&${{namespace:queryparam}}&${{__url_time_range}}"
        url += f"&var-{column}=${{__value.text}}"
        yield _override(column, "links", [{"title": "Its dashboard", "url": url}])


def _override(name: str, key: str, value: Any) -> Object:
    matcher = {"id": "byName", "options": name}
    return {"matcher": matcher, "properties": [{"id": key, "value": value}]}


def _options(panel: Panel) -> Object:
    last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.look is Look.NUMBER:
        return {
            "reduceOptions": last,
            "colorMode": "value",
            "graphMode": "none" if panel.names else "area",
            "textMode": "name" if panel.names else "auto",
            "justifyMode": "auto",
            "orientation": "auto",
        }
    if panel.look is Look.BARS:
        return {
            "reduceOptions": last,
            "displayMode": "basic",
            "orientation": "horizontal",
            "showUnfilled": True,
            "valueMode": "color",
        }
    if panel.look is Look.HEAT:
        return {
            "calculate": False,
            "cellGap": 1,
            "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "reverse": False},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "yHistogram": True},
            "yAxis": {"axisPlacement": "left", "unit": panel.unit},
        }
    if panel.look is Look.TABLE:
        order = [{"displayName": panel.queries[0].legend, "desc": True}]
        return {"showHeader": True, "cellHeight": "sm", "sortBy": order}
    return {
        "legend": {
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            "calcs": ["lastNotNull", "max"],
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _target(panel: Panel, place: int, query: Query) -> Object:
    made: Object = {
        "refId": _letter(place),
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "range": True,
        "instant": False,
    }
    if panel.look is Look.HEAT:
        made["format"] = "heatmap"
    whole = panel.look is Look.NUMBER and "$__range" in query.expression
    if whole or panel.look in (Look.TABLE, Look.BARS):
        made |= {"range": False, "instant": True}
    if panel.look is Look.TABLE:
        made["format"] = "table"
    return made


def _joined(panel: Panel) -> list[Object]:
    """Make one table of the answers to all queries, with our headings."""
    names = {f"Value #{_letter(place)}": query.legend for place, query in enumerate(panel.queries)}
    hidden = {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": names}
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": hidden}]


def _letter(place: int) -> str:
    return chr(ord("A") + place)
