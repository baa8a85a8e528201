CREATE TABLE "challenge_hour" (
	"provider_id" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"route_id" text NOT NULL,
	"source" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "challenge_hour_provider_id_hour_route_id_source_pk" PRIMARY KEY("provider_id","hour","route_id","source")
);
--> statement-breakpoint
CREATE INDEX "challenge_hour_hour" ON "challenge_hour" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "channel_payer" ON "channel" USING btree (substr(session, length(session) - 84, 42),"id");--> statement-breakpoint
CREATE INDEX "micro_payment_payer_at" ON "micro_payment" USING btree (substr(session, length(session) - 84, 42),"at","session","seq");