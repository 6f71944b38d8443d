import { realBrokerContract } from "./real-broker.ts";

realBrokerContract("kafkajs");
