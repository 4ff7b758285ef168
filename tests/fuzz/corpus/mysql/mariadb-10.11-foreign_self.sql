CREATE TABLE `foreign_self` (
  `id` int(11) NOT NULL,
  `up` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_up` (`up`),
  CONSTRAINT `foreign_self_ibfk_1` FOREIGN KEY (`up`) REFERENCES `foreign_self` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci