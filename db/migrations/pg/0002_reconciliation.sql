CREATE TABLE "reconciliation" (
	"name" text PRIMARY KEY NOT NULL,
	"cursor" text NOT NULL,
	"round_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "suspicion" (
	"channel_id" text NOT NULL,
	"what" text NOT NULL,
	"mark" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "suspicion_channel_id_what_pk" PRIMARY KEY("channel_id","what")
);
--> statement-breakpoint
ALTER TABLE "sentinel_event" ADD COLUMN "subject" text;--> statement-breakpoint
ALTER TABLE "sentinel_event" ADD COLUMN "resolved_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "suspicion_since" ON "suspicion" USING btree ("since");--> statement-breakpoint
CREATE INDEX "sentinel_event_open" ON "sentinel_event" USING btree ("at") WHERE "sentinel_event"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "sentinel_event_subject" ON "sentinel_event" USING btree ("subject") WHERE "sentinel_event"."resolved_at" is null;