CREATE TABLE "drain" (
	"id" text PRIMARY KEY NOT NULL,
	"provider_id" text NOT NULL,
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"reason" text NOT NULL,
	"receiver" text NOT NULL,
	"cursor" text NOT NULL,
	"round_at" timestamp (3) with time zone NOT NULL,
	"open" integer NOT NULL,
	"closed" integer NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "path_root" (
	"root" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "provider_channel" (
	"provider_id" text NOT NULL,
	"channel_id" text NOT NULL,
	CONSTRAINT "provider_channel_provider_id_channel_id_pk" PRIMARY KEY("provider_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "upstream_host" (
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"host" text NOT NULL,
	"token" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"verified_at" timestamp (3) with time zone,
	CONSTRAINT "upstream_host_owner_mode_host_pk" PRIMARY KEY("owner","mode","host")
);
--> statement-breakpoint
CREATE INDEX "drain_provider" ON "drain" USING btree ("provider_id","id");--> statement-breakpoint
CREATE INDEX "drain_going_on" ON "drain" USING btree ("round_at") WHERE "drain"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "provider_channel_channel" ON "provider_channel" USING btree ("channel_id","provider_id");--> statement-breakpoint
CREATE INDEX "route_provider" ON "route" USING btree ("provider_id","id");--> statement-breakpoint
CREATE INDEX "sentinel_event_subject_at" ON "sentinel_event" USING btree ("subject","at");--> statement-breakpoint
INSERT INTO provider_channel (provider_id, channel_id) SELECT DISTINCT provider_id, channel_id FROM micro_payment WHERE provider_id IS NOT NULL;
