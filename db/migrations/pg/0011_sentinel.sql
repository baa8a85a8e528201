CREATE TABLE "alert_channel" (
	"id" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"kind" text NOT NULL,
	"settings" jsonb NOT NULL,
	"sealed" text,
	"enabled" boolean NOT NULL,
	"language" text NOT NULL,
	"confirmation" text,
	"confirmed_at" timestamp (3) with time zone,
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breaker" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"phase" text NOT NULL,
	"state" jsonb NOT NULL,
	"cause" text,
	"until" timestamp (3) with time zone,
	"by" text,
	"at" timestamp (3) with time zone NOT NULL,
	"revision" bigint NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "breaker_scope_subject_pk" PRIMARY KEY("scope","subject")
);
--> statement-breakpoint
CREATE TABLE "failure_hour" (
	"session" text NOT NULL,
	"provider_id" text NOT NULL,
	"route_id" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"calls" bigint NOT NULL,
	"failures" bigint NOT NULL,
	"revision" bigint NOT NULL,
	CONSTRAINT "failure_hour_session_provider_id_route_id_hour_pk" PRIMARY KEY("session","provider_id","route_id","hour")
);
--> statement-breakpoint
CREATE TABLE "rule_version" (
	"scope" text NOT NULL,
	"rule_id" text NOT NULL,
	"version" bigint NOT NULL,
	"rule" jsonb NOT NULL,
	"revision" bigint NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "rule_version_scope_rule_id_version_pk" PRIMARY KEY("scope","rule_id","version")
);
--> statement-breakpoint
CREATE TABLE "ruleset" (
	"scope" text NOT NULL,
	"revision" bigint NOT NULL,
	"rules" jsonb NOT NULL,
	"lists" jsonb NOT NULL,
	"breaker" jsonb,
	"author" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ruleset_scope_revision_pk" PRIMARY KEY("scope","revision")
);
--> statement-breakpoint
CREATE TABLE "ruleset_head" (
	"scope" text PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"pushed_revision" bigint DEFAULT 0 NOT NULL,
	"pushed_after" text DEFAULT '' NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sentinel_decision" (
	"session" text NOT NULL,
	"number" bigint NOT NULL,
	"id" text NOT NULL,
	"chain_id" bigint,
	"payer" text,
	"scope" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"effect" text NOT NULL,
	"rule" text NOT NULL,
	"version" bigint NOT NULL,
	"severity" text,
	"provider_id" text,
	"route_id" text,
	"amount" numeric(78, 0),
	"country" text,
	"detail" jsonb NOT NULL,
	"repeats" bigint DEFAULT 0 NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sentinel_decision_session_number_pk" PRIMARY KEY("session","number")
);
--> statement-breakpoint
CREATE TABLE "sentinel_stop" (
	"id" text PRIMARY KEY NOT NULL,
	"session" text NOT NULL,
	"chain_id" bigint NOT NULL,
	"payer" text NOT NULL,
	"key" text NOT NULL,
	"scope" text NOT NULL,
	"kind" text NOT NULL,
	"rule" text NOT NULL,
	"version" bigint NOT NULL,
	"decision_id" text NOT NULL,
	"cause" text,
	"at" timestamp (3) with time zone NOT NULL,
	"released_at" timestamp (3) with time zone,
	"released_by" text,
	"reason" text
);
--> statement-breakpoint
ALTER TABLE "micro_payment" ADD COLUMN "country" text;--> statement-breakpoint
ALTER TABLE "micro_payment" ADD COLUMN "place" text;--> statement-breakpoint
CREATE INDEX "alert_channel_scope" ON "alert_channel" USING btree ("scope","id") WHERE "alert_channel"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "alert_channel_changed" ON "alert_channel" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "alert_channel_deleted" ON "alert_channel" USING btree ("deleted_at") WHERE "alert_channel"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "breaker_open" ON "breaker" USING btree ("scope","subject") WHERE phase <> 'closed';--> statement-breakpoint
CREATE INDEX "failure_hour_provider" ON "failure_hour" USING btree ("provider_id","hour");--> statement-breakpoint
CREATE INDEX "failure_hour_route" ON "failure_hour" USING btree ("route_id","hour");--> statement-breakpoint
CREATE INDEX "failure_hour_hour" ON "failure_hour" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "ruleset_head_pushing" ON "ruleset_head" USING btree ("scope") WHERE pushed_revision < revision;--> statement-breakpoint
CREATE INDEX "sentinel_decision_id" ON "sentinel_decision" USING btree ("id");--> statement-breakpoint
CREATE INDEX "sentinel_decision_at" ON "sentinel_decision" USING btree ("at","session","number");--> statement-breakpoint
CREATE INDEX "sentinel_decision_session_at" ON "sentinel_decision" USING btree ("session","at","number");--> statement-breakpoint
CREATE INDEX "sentinel_decision_payer_at" ON "sentinel_decision" USING btree ("payer","at","session","number");--> statement-breakpoint
CREATE INDEX "sentinel_decision_scope_at" ON "sentinel_decision" USING btree ("scope","at","session","number");--> statement-breakpoint
CREATE INDEX "sentinel_decision_payer_rule_at" ON "sentinel_decision" USING btree ("payer","rule","at","session","number");--> statement-breakpoint
CREATE INDEX "sentinel_decision_scope_rule_at" ON "sentinel_decision" USING btree ("scope","rule","at","session","number");--> statement-breakpoint
CREATE INDEX "sentinel_stop_at" ON "sentinel_stop" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "sentinel_stop_session" ON "sentinel_stop" USING btree ("session","at","id");--> statement-breakpoint
CREATE INDEX "sentinel_stop_payer" ON "sentinel_stop" USING btree ("payer","at","id");--> statement-breakpoint
CREATE INDEX "sentinel_stop_scope" ON "sentinel_stop" USING btree ("scope","at","id");--> statement-breakpoint
CREATE INDEX "sentinel_stop_open" ON "sentinel_stop" USING btree ("at","id") WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX "sentinel_stop_open_session" ON "sentinel_stop" USING btree ("session","at","id") WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX "sentinel_stop_open_payer" ON "sentinel_stop" USING btree ("payer","at","id") WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX "sentinel_stop_open_scope" ON "sentinel_stop" USING btree ("scope","at","id") WHERE "sentinel_stop"."released_at" is null;