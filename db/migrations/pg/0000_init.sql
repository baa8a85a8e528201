CREATE TABLE "audit" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog" (
	"name" text PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channel" (
	"id" text PRIMARY KEY NOT NULL,
	"session" text NOT NULL,
	"chain_id" bigint NOT NULL,
	"receiver" text NOT NULL,
	"token" text NOT NULL,
	"provisional" numeric(78, 0) NOT NULL,
	"deposited" numeric(78, 0) NOT NULL,
	"returned" numeric(78, 0) NOT NULL,
	"accepted" numeric(78, 0) NOT NULL,
	"spent" numeric(78, 0) NOT NULL,
	"claimed" numeric(78, 0) NOT NULL,
	"settled" numeric(78, 0) NOT NULL,
	"lost" numeric(78, 0) NOT NULL,
	"revision" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "micro_payment" (
	"session" text NOT NULL,
	"seq" bigint NOT NULL,
	"channel_id" text NOT NULL,
	"reservation_id" text,
	"request_id" text,
	"provider_id" text,
	"route_id" text,
	"rate_version" bigint,
	"debit" text NOT NULL,
	"credit" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"cumulative" numeric(78, 0),
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "micro_payment_session_seq_pk" PRIMARY KEY("session","seq")
);
--> statement-breakpoint
CREATE TABLE "movement" (
	"session" text NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"channel_id" text NOT NULL,
	"debit" text NOT NULL,
	"credit" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"transaction" text,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "movement_session_seq_pk" PRIMARY KEY("session","seq")
);
--> statement-breakpoint
CREATE TABLE "provider" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"pay_to" text NOT NULL,
	"enabled" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_card" (
	"route_id" text NOT NULL,
	"version" bigint NOT NULL,
	"rule" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "rate_card_route_id_version_pk" PRIMARY KEY("route_id","version")
);
--> statement-breakpoint
CREATE TABLE "route" (
	"id" text PRIMARY KEY NOT NULL,
	"provider_id" text NOT NULL,
	"methods" jsonb NOT NULL,
	"path" text NOT NULL,
	"origin" jsonb NOT NULL,
	"chain_ids" jsonb NOT NULL,
	"rate_version" bigint,
	"body_priced" boolean NOT NULL,
	"max_body_bytes" integer NOT NULL,
	"charge_on_abandon" boolean NOT NULL,
	"credential_header" text,
	"credential_sealed" text,
	"enabled" boolean NOT NULL,
	"audience" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sentinel_event" (
	"id" text PRIMARY KEY NOT NULL,
	"what" text NOT NULL,
	"detail" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session_key" (
	"id" text PRIMARY KEY NOT NULL,
	"session" text NOT NULL,
	"chain_id" bigint NOT NULL,
	"contract" text NOT NULL,
	"payer" text NOT NULL,
	"key" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "settlement" (
	"chain_id" bigint NOT NULL,
	"signer" text NOT NULL,
	"item_id" text NOT NULL,
	"purpose" text NOT NULL,
	"nonce" bigint,
	"transaction" text,
	"status" text NOT NULL,
	"revision" bigint NOT NULL,
	"channels" integer NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"gas_used" numeric(78, 0),
	"error" text,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "settlement_chain_id_signer_item_id_pk" PRIMARY KEY("chain_id","signer","item_id")
);
--> statement-breakpoint
CREATE TABLE "stream_session" (
	"id" text PRIMARY KEY NOT NULL,
	"chain_id" bigint NOT NULL,
	"contract" text NOT NULL,
	"payer" text NOT NULL,
	"payer_authorizer" text NOT NULL,
	"last_seq" bigint NOT NULL,
	"last_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "rate_card" ADD CONSTRAINT "rate_card_route_id_route_id_fk" FOREIGN KEY ("route_id") REFERENCES "public"."route"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "route" ADD CONSTRAINT "route_provider_id_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "channel_session" ON "channel" USING btree ("session");--> statement-breakpoint
CREATE INDEX "micro_payment_at" ON "micro_payment" USING btree ("at");--> statement-breakpoint
CREATE INDEX "micro_payment_provider_at" ON "micro_payment" USING btree ("provider_id","at");--> statement-breakpoint
CREATE INDEX "micro_payment_channel_at" ON "micro_payment" USING btree ("channel_id","at");--> statement-breakpoint
CREATE INDEX "movement_channel_at" ON "movement" USING btree ("channel_id","at");--> statement-breakpoint
CREATE INDEX "sentinel_event_at" ON "sentinel_event" USING btree ("at");--> statement-breakpoint
CREATE INDEX "session_key_payer" ON "session_key" USING btree ("payer");--> statement-breakpoint
CREATE INDEX "settlement_at" ON "settlement" USING btree ("at");--> statement-breakpoint
CREATE INDEX "stream_session_last_at" ON "stream_session" USING btree ("last_at");