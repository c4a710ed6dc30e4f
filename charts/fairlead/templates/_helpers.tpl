{{- /* What several templates say. */}}

{{- /* What everything of the operator is called: its account, Deployment and Service. */}}
{{- define "fairlead.operator" -}}
{{ .Release.Name }}-operator
{{- end }}

{{- /* The labels of everything that belongs to the release; the user's own never replace them. */}}
{{- define "fairlead.labels" -}}
{{- include "fairlead.labelsWith" (list . dict) }}
{{- end }}

{{- /* These with more of an object's own: include "fairlead.labelsWith" (list $ .labels) */}}
{{- define "fairlead.labelsWith" -}}
{{- $root := index . 0 }}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- $version := $root.Chart.AppVersion | replace "+" "_" }}
{{- $ours := dict "app.kubernetes.io/name" "fairlead" "app.kubernetes.io/instance" $root.Release.Name "app.kubernetes.io/managed-by" $root.Release.Service "app.kubernetes.io/version" $version "helm.sh/chart" $chart }}
{{- /* One key never stands twice: strict readers of YAML refuse that. */}}
{{- toYaml (merge $ours (index . 1) $root.Values.labels) }}
{{- end }}

{{- /* What tells the operator's pods from others; a Deployment can never change it. */}}
{{- define "fairlead.operatorSelector" -}}
app.kubernetes.io/name: fairlead
app.kubernetes.io/instance: {{ .Release.Name | quote }}
fairlead.dev/component: operator
{{- end }}

{{- /* The namespaces that are known to have jobs, as a list in JSON. */}}
{{- define "fairlead.jobNamespaces" -}}
{{- if .Values.watch.namespaces }}
{{- toJson (uniq .Values.watch.namespaces) }}
{{- else }}
{{- toJson (uniq (prepend .Values.jobs.namespaces .Release.Namespace)) }}
{{- end }}
{{- end }}

{{- /* An image, by its digest if it has one: include "fairlead.image" (list $ .Values...image) */}}
{{- define "fairlead.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository ($image.tag | default $root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- /* The security context of every pod that the chart makes: the restricted profile. */}}
{{- define "fairlead.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "fairlead.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
