{{- /* Whether the chart brings a store along: "true", or nothing. */}}
{{- define "fairlead.embeddedStore" -}}
{{- with .Values.store }}
{{- if and .embedded.enabled (not .url) (not .claim) }}true{{ end }}
{{- end }}
{{- end }}

{{- /* The URL of the store as runners reach it, a folder of theirs for a claim; nothing if there is none. */}}
{{- define "fairlead.storeUrl" -}}
{{- if include "fairlead.embeddedStore" . -}}
s3://fairlead
{{- else if .Values.store.url }}
{{- .Values.store.url }}
{{- else if .Values.store.claim }}
{{- printf "file://%s" .Values.store.mount }}
{{- end }}
{{- end }}

{{- /* The Secret in each namespace with jobs that has what a client of the store must know. */}}
{{- define "fairlead.storeSecret" -}}
{{- if include "fairlead.embeddedStore" . -}}
{{ printf "%s-%s-store" .Release.Name .Release.Namespace }}
{{- else }}{{ .Values.store.secret }}{{ end }}
{{- end }}

{{- /* What the server, its Service and its volume are called. */}}
{{- define "fairlead.storeName" -}}
{{ .Release.Name }}-store
{{- end }}

{{- /* The labels by which the server's pod is found. */}}
{{- define "fairlead.storeSelector" -}}
app.kubernetes.io/name: fairlead
app.kubernetes.io/instance: {{ .Release.Name | quote }}
fairlead.dev/component: store
{{- end }}
